/// The words that descriptions use for enumerators, and nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/spec/network.h"

namespace permloom {

template <class Enum>
struct Name {
    Enum value;
    std::string_view text;
};

inline constexpr Name<Rail> RAIL_NAMES[] = {
    {Rail::single, "single"}, {Rail::dual, "dual"}, {Rail::split, "split"}};
inline constexpr Name<DeviceValues> DEVICE_VALUES_NAMES[] = {
    {DeviceValues::he_uniform, "he_uniform"},
    {DeviceValues::he_normal, "he_normal"},
    {DeviceValues::glorot_uniform, "glorot_uniform"},
    {DeviceValues::glorot_normal, "glorot_normal"},
    {DeviceValues::dissimilar, "dissimilar"},
    {DeviceValues::shared, "shared"},
    {DeviceValues::signed_shared, "signed_shared"}};
inline constexpr Name<Pruning> PRUNING_NAMES[] = {{Pruning::exact, "exact"},
                                                  {Pruning::bernoulli, "bernoulli"}};
inline constexpr Name<Activation> ACTIVATION_NAMES[] = {
    {Activation::relu, "relu"}, {Activation::clip, "clip"}, {Activation::none, "none"}};
inline constexpr Name<Algorithm> ALGORITHM_NAMES[] = {{Algorithm::free, "free"},
                                                      {Algorithm::laperm, "laperm"},
                                                      {Algorithm::laperm_latent, "laperm_latent"},
                                                      {Algorithm::supermask, "supermask"},
                                                      {Algorithm::swap, "swap"}};
inline constexpr Name<Estimator> ESTIMATOR_NAMES[] = {
    {Estimator::automatic, "auto"}, {Estimator::drift, "drift"}, {Estimator::mask, "mask"}};
inline constexpr Name<ScheduleKind> SCHEDULE_NAMES[] = {
    {ScheduleKind::constant, "constant"},
    {ScheduleKind::exponential, "exponential"},
    {ScheduleKind::cosine, "cosine"},
    {ScheduleKind::step, "step"},
    {ScheduleKind::piecewise, "piecewise"},
    {ScheduleKind::linear, "linear"},
    {ScheduleKind::learning_rate, "learning_rate"}};
inline constexpr Name<Optimizer> OPTIMIZER_NAMES[] = {
    {Optimizer::adam, "adam"}, {Optimizer::adamw, "adamw"}, {Optimizer::sgd, "sgd"}};
inline constexpr Name<Padding> PADDING_NAMES[] = {{Padding::valid, "valid"},
                                                  {Padding::same, "same"}};
inline constexpr Name<BiasValues> BIAS_VALUES_NAMES[] = {{BiasValues::zeros, "zeros"},
                                                         {BiasValues::he_uniform, "he_uniform"}};
/// `mean: per_pixel`
inline constexpr char PER_PIXEL[] = "per_pixel";

template <class Enum, size_t N>
std::string_view name_of(const Name<Enum> (&names)[N], Enum value) {
    for (const Name<Enum>& name : names)
        if (name.value == value) return name.text;
    PERMLOOM_ASSERT(!"an enumerator without a name");
    return {};
}

/// The enumerator called `text`, hyphens read as underscores. Throws Error at `where`.
template <class Enum, size_t N>
Enum value_of(const Name<Enum> (&names)[N], std::string text, const std::string& where) {
    for (char& c : text)
        if (c == '-') c = '_';
    std::vector<std::string> known;
    for (const Name<Enum>& name : names) {
        if (name.text == text) return name.value;
        known.emplace_back(name.text);
    }
    std::string list;
    for (const std::string& name : known)
        list += (list.empty() ? "" : ", ") + name;
    throw Error(where, "'" + text + "' is not one of " + list + did_you_mean(text, known));
}

}  // namespace permloom
