#include "compiler/emit/chip_report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "compiler/base/error.h"
#include "compiler/base/file.h"

namespace permloom {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Cost& cost) {
    return {{"luts", std::llround(cost.luts)},
            {"flip_flops", cost.flip_flops},
            {"rams", cost.rams},
            {"memory_bits", cost.memory_bits}};
}

Cost cost_of(const Json& json) {
    return {json.at("luts").get<double>(), json.at("flip_flops").get<int64_t>(),
            json.at("rams").get<int64_t>(), json.at("memory_bits").get<int64_t>()};
}

Json json_of(const Estimate& estimate) {
    Json json = json_of(estimate.total());
    json["interval_cycles"] = estimate.interval;
    json["latency_cycles"] = estimate.latency;
    json["load_cycles"] = estimate.load_cycles;
    json["rough"] = estimate.rough;
    for (const auto& [key, parts] :
         {std::pair{"layers", &estimate.layers}, {"rest", &estimate.rest}}) {
        json[key] = Json::array();
        for (const PartEstimate& part : *parts) {
            Json one = {{"name", part.name}};
            one.update(json_of(part.cost));
            if (parts == &estimate.layers) {
                one["interval_cycles"] = part.interval;
                one["latency_cycles"] = part.latency;
            }
            json[key].push_back(one);
        }
    }
    return json;
}

Estimate estimate_of(const Json& json) {
    Estimate estimate;
    estimate.interval = json.at("interval_cycles").get<int64_t>();
    estimate.latency = json.at("latency_cycles").get<int64_t>();
    estimate.load_cycles = json.at("load_cycles").get<int64_t>();
    estimate.rough = json.at("rough").get<bool>();
    for (const auto& [key, parts] :
         {std::pair{"layers", &estimate.layers}, {"rest", &estimate.rest}})
        for (const Json& part : json.at(key))
            parts->push_back({part.at("name").get<std::string>(), cost_of(part),
                              part.value("interval_cycles", int64_t{0}),
                              part.value("latency_cycles", int64_t{0})});
    return estimate;
}

}  // namespace

double relative_error(double estimate, double counted) {
    if (counted == 0.0) return estimate == 0.0 ? 0.0 : std::numeric_limits<double>::infinity();
    return estimate / counted - 1.0;
}

bool ChipReport::comparable() const {
    return target != "xilinx";
}

std::string ChipReport::to_json() const {
    Json json = {{"chip", chip}, {"target", target}, {"fingerprint", fingerprint}};
    json["estimate"] = json_of(estimate);
    if (synthesis) {
        const Cost total = estimate.total();
        json["synthesis"] = {{"luts", synthesis->luts},
                             {"flip_flops", synthesis->flip_flops},
                             {"rams", synthesis->rams}};
        // JSON has no infinity: nlohmann writes null.
        if (comparable())
            json["error"] = {
                {"luts", relative_error(total.luts, static_cast<double>(synthesis->luts))},
                {"flip_flops", relative_error(static_cast<double>(total.flip_flops),
                                              static_cast<double>(synthesis->flip_flops))},
                {"rams", relative_error(static_cast<double>(total.rams),
                                        static_cast<double>(synthesis->rams))}};
    }
    if (placed)
        json["placed"] = {{"cells", placed->cells},
                          {"cells_available", placed->cells_available},
                          {"rams", placed->rams},
                          {"rams_available", placed->rams_available},
                          {"mhz", placed->mhz}};
    return json.dump(2) + "\n";
}

ChipReport read_chip_report(const fs::path& directory) {
    const fs::path path = directory / CHIP_REPORT_FILE;
    if (!fs::exists(path))
        throw Error(directory.string(), std::string("holds no ") + CHIP_REPORT_FILE,
                    "name the directory that `permloom emit FILE.plc --out DIR` has written");
    try {
        const Json json = Json::parse(read_text(path));
        ChipReport report;
        report.chip = json.at("chip").get<std::string>();
        report.target = json.at("target").get<std::string>();
        report.fingerprint = json.at("fingerprint").get<std::string>();
        report.estimate = estimate_of(json.at("estimate"));
        return report;
    } catch (const Json::exception&) {
        throw Error(path.string(), "is not a report of permloom emit, or is damaged",
                    "`permloom emit FILE.plc --out DIR --force` writes it again");
    }
}

SynthesisCounts read_yosys_counts(const fs::path& path) {
    SynthesisCounts counts;
    std::istringstream text(read_text(path));
    // Lines of a cell and its number.
    for (std::string line; std::getline(text, line);) {
        std::istringstream words(line);
        std::string cell;
        int64_t number = 0;
        if (!(words >> cell >> number)) continue;
        if (cell == "SB_LUT4") counts.luts += number;
        if (cell.starts_with("SB_DFF")) counts.flip_flops += number;
        if (cell.starts_with("SB_RAM40_4K")) counts.rams += number;
        // 7 series. A memory of LUTs takes four of them.
        constexpr int MEMORY_LUTS = 4;
        if (cell.starts_with("LUT")) counts.luts += number;
        if (cell == "RAM32M" || cell == "RAM64M") counts.luts += MEMORY_LUTS * number;
        if (cell.starts_with("FD")) counts.flip_flops += number;
        if (cell == "RAMB18E1") counts.rams += number;
        if (cell == "RAMB36E1") counts.rams += 2 * number;
    }
    if (counts.luts == 0 || counts.flip_flops == 0)
        throw Error(path.string(), "holds no cells of an FPGA as Yosys counts them",
                    "remove it and make it again");
    return counts;
}

PlacedCounts read_nextpnr_report(const fs::path& path) {
    try {
        const Json json = Json::parse(read_text(path));
        const Json& cells = json.at("utilization").at("ICESTORM_LC");
        const Json& rams = json.at("utilization").at("ICESTORM_RAM");
        PlacedCounts counts{cells.at("used").get<int64_t>(), cells.at("available").get<int64_t>(),
                            rams.at("used").get<int64_t>(), rams.at("available").get<int64_t>(),
                            std::numeric_limits<double>::infinity()};
        for (const Json& clock : json.at("fmax"))
            counts.mhz = std::min(counts.mhz, clock.at("achieved").get<double>());
        if (!std::isfinite(counts.mhz)) throw Error(path.string(), "names no clock");
        return counts;
    } catch (const Json::exception&) {
        throw Error(path.string(), "is not a report of nextpnr, or is damaged",
                    "remove it and make it again");
    }
}

}  // namespace permloom
