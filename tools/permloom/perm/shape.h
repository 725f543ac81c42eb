/// The shape of the permutations that a verb works on: their size and device classes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/perm/permutation.h"
#include "tools/permloom/options.h"

namespace permloom::cli {

/// Largest permutation that the verbs take.
inline constexpr int64_t MAX_SIZE = int64_t{1} << 24;

/// --n, --classes and --devices.
void add_shape_options(Options& options, const std::string& about_n);

/// What these options say; nothing where none was given. Throws a usage Error when they disagree.
struct Shape {
    explicit Shape(const Values& values);

    /// The classes; every slot alone where only a size is known. `n` is that of the permutations at
    /// hand.
    DeviceClasses classes_for(int n) const;

    int n = 0;  ///< 0: not given
    std::optional<DeviceClasses> classes;
};

/// The values of --devices. Throws a usage Error unless they ascend.
std::vector<int32_t> device_values(const Values& values);

/// The size, which this verb cannot do without. `why` completes "needed to ...".
int required_size(const Shape& shape, const std::string& why);

}  // namespace permloom::cli
