#include "compiler/checkpoint/foreign_modules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// Running statistics, as Keras, PyTorch and npz_export call them.
const std::vector<std::string_view> MEAN = {"moving_mean", "running_mean", "mean"};
const std::vector<std::string_view> VARIANCE = {"moving_variance", "running_var", "variance"};

/// Arrays with the same name but for its last part.
struct Group {
    struct Member {
        std::string role;  ///< the last part
        const ForeignArray* array = nullptr;
    };

    std::string name;
    std::vector<Member> members;

    /// The first member with one of these roles and numbers of axes; null: there is none.
    const ForeignArray* find(const std::vector<std::string_view>& roles,
                             const std::vector<size_t>& axes) const {
        const auto found = std::ranges::find_if(members, [&](const Member& member) {
            return std::ranges::find(roles, member.role) != roles.end() &&
                   std::ranges::find(axes, member.array->shape.size()) != axes.end();
        });
        return found == members.end() ? nullptr : found->array;
    }
    /// The same, and removes it.
    const ForeignArray* take(const std::vector<std::string_view>& roles,
                             const std::vector<size_t>& axes) {
        const ForeignArray* array = find(roles, axes);
        std::erase_if(members, [&](const Member& member) { return member.array == array; });
        return array;
    }
};

/// "dense/kernel:0" -> "dense" and "kernel". Keras ends names with the number of an output.
std::pair<std::string, std::string> parts(std::string name) {
    const size_t colon = name.rfind(':');
    if (colon != std::string::npos &&
        name.find_first_not_of("0123456789", colon + 1) == std::string::npos)
        name.resize(colon);
    const size_t end = name.find_last_of("/.");
    if (end == std::string::npos) return {"", name};
    return {name.substr(0, end), name.substr(end + 1)};
}

/// In the order of their first arrays.
std::vector<Group> groups_of(const ForeignWeights& weights) {
    std::vector<Group> groups;
    for (const ForeignArray& array : weights.arrays) {
        const auto [name, role] = parts(array.name);
        auto group = std::ranges::find(groups, name, &Group::name);
        if (group == groups.end()) group = groups.insert(group, {name, {}});
        group->members.push_back({role, &array});
    }
    return groups;
}

void sort_out(Group& group, ForeignModules& modules) {
    if (const ForeignArray* weights = group.take({"kernel", "weight"}, {2, 4})) {
        modules.weights.push_back({group.name, weights, group.take({"bias"}, {1}),
                                   group.take({"alpha"}, {0}), group.take({"offset"}, {0})});
        group.take({"source"}, {2});
        group.take({"profile"}, {2});
    } else if (group.find(MEAN, {1}) != nullptr && group.find(VARIANCE, {1}) != nullptr) {
        modules.norms.push_back({group.name, group.take({"gamma", "weight"}, {1}),
                                 group.take({"beta", "bias"}, {1}), group.take(MEAN, {1}),
                                 group.take(VARIANCE, {1})});
        group.take({"num_batches_tracked"}, {0});
    } else if (group.name == "input") {
        modules.input_mean = group.take({"mean"}, {1});
    }
    for (const Group::Member& member : group.members) {
        const size_t axes = member.array->shape.size();
        if (axes == 2 || axes == 4)
            modules.weights.push_back({member.array->name, member.array});
        else
            modules.left_out.push_back(member.array->name);
    }
}

std::vector<const ForeignArray*> arrays_of(const WeightModule& module) {
    return {module.weights, module.bias, module.alpha, module.offset};
}
std::vector<const ForeignArray*> arrays_of(const NormModule& module) {
    return {module.gamma, module.beta, module.mean, module.variance};
}

/// Keeps the modules that `order` names, in its order; the others' arrays are left out.
template <class Module>
void choose(std::vector<Module>& modules, const std::vector<std::string>& order,
            std::vector<std::string>& left_out) {
    std::vector<Module> chosen;
    for (const std::string& name : order) {
        const auto found = std::ranges::find(modules, name, &Module::name);
        if (found == modules.end()) continue;
        chosen.push_back(std::move(*found));
        modules.erase(found);
    }
    for (const Module& module : modules)
        for (const ForeignArray* array : arrays_of(module))
            if (array != nullptr) left_out.push_back(array->name);
    modules = std::move(chosen);
}

void require_modules(const ForeignModules& modules, const std::vector<std::string>& order) {
    std::vector<std::string> names;
    for (const WeightModule& module : modules.weights)
        names.push_back(module.name);
    for (const NormModule& module : modules.norms)
        names.push_back(module.name);
    for (const std::string& name : order) {
        const auto count = std::ranges::count(order, name);
        if (count > 1)
            throw Error("order", fmt::format("names '{}' {} times", name, count), {},
                        ErrorKind::usage);
        if (std::ranges::find(names, name) == names.end())
            throw Error(
                "order",
                fmt::format("'{}' is no module of the file{}", name, did_you_mean(name, names)),
                fmt::format("its modules are {}", fmt::join(names, ", ")), ErrorKind::usage);
    }
}

}  // namespace

ForeignModules group_modules(const ForeignWeights& weights, const std::vector<std::string>& order) {
    ForeignModules modules;
    for (Group& group : groups_of(weights))
        sort_out(group, modules);
    if (order.empty()) return modules;
    require_modules(modules, order);
    choose(modules.weights, order, modules.left_out);
    choose(modules.norms, order, modules.left_out);
    return modules;
}

}  // namespace permloom
