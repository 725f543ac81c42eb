/// Choosing one of a list of things that have a name().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/error.h"

namespace permloom {

/// The one of `all` that is called `name`. `kind` ("code") and its plural say what they are. Throws
/// Error with the nearest and all known names when `name` is none of them.
template <class Thing>
const Thing& find_named(const std::vector<std::unique_ptr<Thing>>& all, const std::string& kind,
                        std::string_view name) {
    std::vector<std::string> names;
    std::string known;
    for (const auto& one : all) {
        if (one->name() == name) return *one;
        names.emplace_back(one->name());
        known += (known.empty() ? "" : ", ") + names.back();
    }
    throw Error(kind + " '" + std::string(name) + "'", "unknown" + did_you_mean(name, names),
                "known " + kind + "s: " + known);
}

}  // namespace permloom
