/// The rules between the keys of a network description.
#pragma once

#include <functional>
#include <string>

#include "compiler/spec/network.h"

namespace permloom {

/// Throws Error for a combination that cannot be trained or built; `where` turns a key path
/// ("layers.1.rail") into a place to name.
void check_network(const NetworkSpec& spec,
                   const std::function<std::string(const std::string& path)>& where);

}  // namespace permloom
