/// permloom perm cost: all circuits and codes beside the information bound.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/perm/cost_table.h"
#include "tools/permloom/console.h"
#include "tools/permloom/perm/shape.h"
#include "tools/permloom/perm/verbs.h"

namespace permloom::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Above this a bitonic network no longer fits the memory of a small machine.
constexpr int MAX_COST_SIZE = 1 << 20;

Options options() {
    Options all("perm cost", "--n N [--classes M,M,...] [--live M] [--register-every P] [--json]",
                "Prints what every circuit takes for n lines and every code for one wiring of the\n"
                "devices, beside the information bounds: log2 n! bits tell n! permutations apart, "
                "and\n"
                "log2(n!/prod m!) the wirings of classes of m equal devices.",
                "permloom perm cost --n 784\n"
                "permloom perm cost --classes 392,392\n"
                "permloom perm cost --n 784 --live 470\n"
                "permloom perm cost --n 64 --register-every 4 --json");
    add_shape_options(all, "lines of the circuit, devices of the bank");
    all.value("live", "M",
              "only the last M outputs matter, the others have zero devices; default: the "
              "non-zero ones of --devices, or all")
        .value("register-every", "P", "a pipeline register after every P stages", "1")
        .flag("json", "print as JSON");
    return all;
}

std::string over(double share) {
    return fmt::format("{:+.1f} %", 100.0 * share);
}

/// 0 for the outputs with zero devices.
std::vector<uint8_t> live_outputs(const Values& values, int n) {
    std::vector<uint8_t> live(static_cast<size_t>(n), 1);
    if (values.has("live")) {
        const auto open = n - static_cast<int>(values.integer("live", 0, n));
        std::fill_n(live.begin(), open, uint8_t{0});
    } else if (values.has("devices")) {
        std::ranges::transform(device_values(values), live.begin(),
                               [](int32_t device) { return device == 0 ? 0 : 1; });
    }
    return live;
}

Json as_json(const CostTable& table, const DeviceClasses& classes, int64_t live_count,
             int register_every) {
    Json circuits = Json::array(), codes = Json::array();
    for (const auto& row : table.circuits)
        circuits.push_back({{"name", row.name},
                            {"summary", row.summary},
                            {"switches", row.cost.switches},
                            {"depth", row.cost.depth},
                            {"crossings", row.cost.crossings},
                            {"configuration_bits", row.cost.configuration_bits},
                            {"over_bound", row.over_bound},
                            {"latency", row.latency},
                            {"cycles", row.cost.cycles},
                            {"live_switches", row.live_switches},
                            {"one_sided_switches", row.one_sided},
                            {"live_configuration_bits", row.live_bits}});
    for (const auto& row : table.codes)
        codes.push_back({{"name", row.name}, {"bits", row.bits}, {"over_bound", row.over_bound}});
    return {{"n", classes.slots()},
            {"classes", classes.count},
            {"live", live_count},
            {"permutations_bound_bits", table.permutations_bound},
            {"wirings_bound_bits", table.wirings_bound},
            {"register_every", register_every},
            {"circuits", circuits},
            {"codes", codes}};
}

void print_pruned(const CostTable& table, int n, int64_t live_count) {
    Table pruned({"circuit", "switches", "saved", "one-sided", "bits to load", "saved"});
    const auto saved = [](int64_t left, int64_t all) {
        return all == 0 ? "-" : percent(1.0 - static_cast<double>(left) / static_cast<double>(all));
    };
    for (const auto& row : table.circuits)
        pruned.add({row.name, grouped(row.live_switches),
                    saved(row.live_switches, row.cost.switches), grouped(row.one_sided),
                    grouped(row.live_bits), saved(row.live_bits, row.cost.configuration_bits)});
    fmt::print("circuits without what serves no live output, {} of {} live\n{}\n",
               grouped(live_count), n, pruned.text());
}

void print(const CostTable& table, const DeviceClasses& classes, int64_t live_count,
           int register_every) {
    const int n = classes.slots();
    Table bounds(
        {fmt::format("log2 {}!", n), fmt::format("{:.1f} bits", table.permutations_bound)});
    if (classes.count < n)
        bounds.add({fmt::format("wirings of {} classes", classes.count),
                    fmt::format("{:.1f} bits", table.wirings_bound)});
    Table circuits({"circuit", "switches", "depth", "crossings", "bits to load",
                    fmt::format("over log2 {}!", n), "latency", "cycles an item"});
    for (const auto& row : table.circuits)
        circuits.add({row.name, grouped(row.cost.switches), grouped(row.cost.depth),
                      grouped(row.cost.crossings), grouped(row.cost.configuration_bits),
                      over(row.over_bound), grouped(row.latency), grouped(row.cost.cycles)});
    Table codes({"code", "bits at most", "over the bound"});
    for (const auto& row : table.codes)
        codes.add({row.name, grouped(static_cast<int64_t>(row.bits)), over(row.over_bound)});
    fmt::print("information bound of {} lines\n{}\n", n, bounds.text());
    fmt::print("circuits, a register after every {} stage{}\n{}\n", register_every,
               register_every == 1 ? "" : "s", circuits.text());
    if (live_count < n) print_pruned(table, n, live_count);
    fmt::print("codes of one wiring, {}\n{}",
               classes.count < n ? fmt::format("{} classes of devices", classes.count)
                                 : "all devices different",
               codes.text());
}

}  // namespace

int perm_cost_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const Shape shape(*values);
    const int n = required_size(shape, "say the size");
    if (n > MAX_COST_SIZE)
        throw Error("--n", fmt::format("{} is more than {}", n, MAX_COST_SIZE), {},
                    ErrorKind::usage);
    const auto register_every =
        static_cast<int>(values->integer("register-every", 1, MAX_COST_SIZE));
    const DeviceClasses classes = shape.classes_for(n);
    const std::vector<uint8_t> live = live_outputs(*values, n);
    const auto live_count = std::ranges::count(live, uint8_t{1});
    const CostTable table = cost_table(classes, live, register_every);
    if (values->flag("json"))
        fmt::print("{}\n", as_json(table, classes, live_count, register_every).dump(2));
    else
        print(table, classes, live_count, register_every);
    return OK;
}

}  // namespace permloom::cli
