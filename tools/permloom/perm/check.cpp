/// permloom perm check: whether every line is a permutation.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "compiler/perm/permutation_text.h"
#include "tools/permloom/console.h"
#include "tools/permloom/perm/permutations.h"
#include "tools/permloom/perm/shape.h"
#include "tools/permloom/perm/verbs.h"

namespace permloom::cli {
namespace {

Options options() {
    Options all("perm check", "[IN] [--n N] [--classes M,M,...] [--json]",
                "Says how many permutations there are, and of which sizes. The first line that is "
                "none\n"
                "is named with the reason, and the exit status is 1. Sizes may differ unless --n "
                "or\n"
                "--classes is given; with classes, inputs of equal devices must be in ascending "
                "order.",
                "echo 2 0 3 1 | permloom perm check\n"
                "permloom perm check perms.txt --n 784\n"
                "permloom perm check wirings.txt --classes 392,392 --json");
    add_permutation_input(all);
    add_shape_options(all, "size that each must have; needed for binary ones");
    add_permutations_option(all);
    all.flag("json", "print as JSON");
    return all;
}

void require_canonical(const Permutation& permutation, const DeviceClasses& classes,
                       const std::string& place) {
    const Permutation sorted = canonical(permutation, classes);
    for (int r = 0; r < permutation.size(); ++r)
        if (permutation[r] != sorted[r])
            throw Error(place,
                        fmt::format("the inputs of class {} are not in ascending order (entry {})",
                                    classes.of_slot[static_cast<size_t>(r)], r));
}

}  // namespace

int perm_check_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const Shape shape(*values);
    Input input(input_path(*values));
    PermutationReader reader(input, binary_permutations(*values), shape.n);
    std::map<int, int64_t> sizes;
    int64_t count = 0;
    for (std::vector<int32_t> entries; reader.next_entries(entries); ++count) {
        if (shape.n != 0 && entries.size() != static_cast<size_t>(shape.n))
            throw Error(reader.place(),
                        fmt::format("{} entries, and n is {}", entries.size(), shape.n));
        try {
            const Permutation permutation = permutation_of(std::move(entries));
            if (shape.classes) require_canonical(permutation, *shape.classes, reader.place());
            ++sizes[permutation.size()];
        } catch (const Error& error) {
            throw Error(reader.place(), error.problem(), error.hint());
        }
    }
    if (values->flag("json")) {
        nlohmann::ordered_json by_size = nlohmann::ordered_json::object();
        for (const auto& [size, number] : sizes)
            by_size[std::to_string(size)] = number;
        fmt::print("{}\n",
                   nlohmann::ordered_json{{"permutations", count}, {"sizes", by_size}}.dump(2));
        return OK;
    }
    fmt::print("{} permutation{}", grouped(count), count == 1 ? "" : "s");
    const char* separator = " of size ";
    for (const auto& [size, number] : sizes) {
        fmt::print("{}{}", separator, size);
        if (sizes.size() > 1) fmt::print(" ({})", grouped(number));
        separator = ", ";
    }
    fmt::print("\n");
    return OK;
}

}  // namespace permloom::cli
