/// Whether weights could have been drawn by a rule of DeviceValues. A test can refuse; it never
/// proves.
#pragma once

#include <string>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/spec/network.h"

namespace permloom {

/// Of networks that a rule did draw, at most this fraction is refused.
inline constexpr double RULE_SIGNIFICANCE = 0.01;

struct RuleVerdict {
    std::string objection;  ///< what does not fit the rule; empty: everything does

    bool consistent() const { return objection.empty(); }
};

/// Tests the profiles of every layer against `values` with the bits, keep, pruning and value of the
/// layer's description. Exactly: the largest magnitude, the levels, the devices that exact pruning
/// keeps. By chance: how many bernoulli pruning or the level 0 took (binomial, both tails), and the
/// distribution of the others (Kolmogorov-Smirnov, judged by the inequality of Dvoretzky, Kiefer
/// and Wolfowitz with Massart's constant, 1990, which holds for every size and for levels).
/// RULE_SIGNIFICANCE is divided evenly among layers and their tests by chance. Equal banks of a
/// layer count as one draw. All rails are single; `values` is not dissimilar, which is no rule for
/// a layer.
std::vector<RuleVerdict> check_rule(const NetworkSpec& network,
                                    const std::vector<LayerState>& layers, DeviceValues values);

}  // namespace permloom
