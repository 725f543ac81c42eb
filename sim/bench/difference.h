/// One disagreement between two devices, or between a device and what it should have done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace permloom {

struct Difference {
    uint64_t cycle = 0;  ///< since the Bench was made
    std::string what;   ///< "pin res_tdata", "probe_index", "logit 3 of image 17"; empty: the value
    int layer = -1;     ///< of a probe, else -1
    int neuron = -1;    ///< of a probe, where its layer walks the number of the value; else -1
    int64_t left = 0;   ///< value of the first device
    int64_t right = 0;  ///< value of the second device, or what was expected
    std::string left_name;             ///< name of the first device
    std::string right_name;            ///< name of the second device, "reference" or "protocol"
    std::optional<int64_t> reference;  ///< the reference's value, when two devices differ

    /// "cycle 1234, layer 1, neuron 5: systemc 17, rtl 18 (reference 17)"
    std::string describe() const;
};

}  // namespace permloom
