/// report.json of an emitted design: what the chip was estimated to cost, and beside it what Yosys
/// and nextpnr have counted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "compiler/emit/estimate.h"

namespace permloom {

/// Of Yosys `stat` behind synth_ice40, or synth_xilinx: LUTs of any size, those that are memories
/// among them, and block RAMs of 18 kbit.
struct SynthesisCounts {
    int64_t luts = 0, flip_flops = 0, rams = 0;

    bool operator==(const SynthesisCounts&) const = default;
};

/// Of nextpnr-ice40 --report.
struct PlacedCounts {
    int64_t cells = 0, cells_available = 0;  ///< a LUT and a flip-flop each
    int64_t rams = 0, rams_available = 0;
    double mhz = 0.0;  ///< of the slowest clock

    bool operator==(const PlacedCounts&) const = default;
};

struct ChipReport {
    std::string chip, target, fingerprint;
    Estimate estimate;
    std::optional<SynthesisCounts> synthesis;
    std::optional<PlacedCounts> placed;

    /// The estimate is of an iCE40; counts of other parts stand beside it without an error.
    bool comparable() const;
    std::string to_json() const;
};

constexpr char CHIP_REPORT_FILE[] = "report.json";

/// Throws Error where `directory` was not written by `permloom emit`, or its report is damaged.
ChipReport read_chip_report(const std::filesystem::path& directory);

/// Throw Error where the file is no such report.
SynthesisCounts read_yosys_counts(const std::filesystem::path& path);
PlacedCounts read_nextpnr_report(const std::filesystem::path& path);

/// What the estimate is off by, of the counted: 0.1 is a tenth too much. 0 where both are.
double relative_error(double estimate, double counted);

}  // namespace permloom
