#include "tools/permloom/perm/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tools/permloom/console.h"

namespace permloom::cli {
namespace {

StuckSwitch parse_stuck(std::string_view text) {
    int numbers[3] = {};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (int i = 0; i < 3; ++i) {
        const auto [stop, code] = std::from_chars(at, end, numbers[i]);
        const bool ends_well = i < 2 ? stop != end && *stop == ':' : stop == end;
        if (code != std::errc{} || !ends_well || numbers[i] < 0 || numbers[2] > 1)
            throw Error("--stuck", fmt::format("'{}' is not STAGE:INDEX:0 or STAGE:INDEX:1", text),
                        "for example --stuck 2:0:1,4:3:0; 0 is stuck straight, 1 crossed",
                        ErrorKind::usage);
        at = stop + 1;
    }
    return {.stage = numbers[0], .index = numbers[1], .crossed = numbers[2] == 1};
}

}  // namespace

void add_fault_options(Options& options) {
    options
        .value("stuck", "S:I:B,...",
               "switches that do not move: switch I of stage S shows B. benes and as-waksman only")
        .value("limit", "C", "choices tried before the search around them gives up",
               std::to_string(DEFAULT_FAULT_LIMIT));
}

std::vector<StuckSwitch> stuck_option(const Values& values, const Circuit& circuit) {
    std::vector<StuckSwitch> stuck;
    if (!values.has("stuck")) return stuck;
    if (circuit.name() != "benes" && circuit.name() != "as-waksman")
        throw Error("--stuck",
                    fmt::format("{} has only one way to set its switches", circuit.name()),
                    "--circuit benes and as-waksman can be routed around faults", ErrorKind::usage);
    const std::string text = values.text("stuck");
    for (size_t at = 0; at <= text.size();) {
        const size_t comma = std::min(text.find(',', at), text.size());
        stuck.push_back(parse_stuck(std::string_view(text).substr(at, comma - at)));
        at = comma + 1;
    }
    return stuck;
}

SwitchBits route_around_option(const Values& values, const Circuit& circuit,
                               const PartialPermutation& source,
                               const std::vector<StuckSwitch>& stuck) {
    const ExchangeNetwork network =
        circuit.name() == "benes" ? ExchangeNetwork::benes : ExchangeNetwork::as_waksman;
    FaultRouting routing =
        route_around(network, source, stuck, values.integer("limit", 1, INT64_MAX));
    if (routing.outcome == FaultOutcome::impossible)
        throw Error("permutation", "no setting of the other switches realises it",
                    "the stuck switches leave no way, which is proven");
    if (routing.outcome == FaultOutcome::gave_up)
        throw Error("permutation",
                    fmt::format("no way around the stuck switches after {} choices",
                                grouped(routing.choices)),
                    "there may be one: --limit searches longer");
    return std::move(routing.bits);
}

}  // namespace permloom::cli
