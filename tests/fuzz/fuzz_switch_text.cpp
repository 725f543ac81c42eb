#include <algorithm>
#include <string>
#include <string_view>

#include "compiler/perm/circuits.h"
#include "compiler/perm/evaluate.h"
#include "compiler/perm/switch_text.h"
#include "tests/fuzz/fuzz.h"

using namespace permloom;

namespace {

enum class Format { bits, hex, bytes };

SwitchBits read(Format format, std::span<const uint8_t> from, std::span<const int32_t> widths) {
    if (format == Format::bytes) {
        std::vector<uint8_t> whole(switch_byte_count(widths), 0);
        std::copy_n(from.begin(), std::min(from.size(), whole.size()), whole.begin());
        return switch_bits_from_bytes(whole, widths);
    }
    return parse_switch_bits({reinterpret_cast<const char*>(from.data()), from.size()}, widths,
                             format == Format::hex ? SwitchDigits::hex : SwitchDigits::bits);
}

}  // namespace

/// Switch bits of a small circuit: what is accepted is written in every format and read again as
/// the same, and evaluates to a permutation or is refused.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    fuzz::Input input(data, size);
    const auto format = static_cast<Format>(input.byte() % 3);
    const Circuit& circuit = *all_circuits()[input.byte() % all_circuits().size()];
    const Topology topology = circuit.topology(1 + input.byte() % 40);
    const std::vector<int32_t> widths = topology.row_widths();
    try {
        const SwitchBits bits = read(format, input.rest(), widths);
        for (const SwitchDigits digits : {SwitchDigits::bits, SwitchDigits::hex}) {
            std::string text;
            append_text(bits, digits, text);
            fuzz::require(parse_switch_bits(text, widths, digits) == bits, "text comes back");
        }
        std::string bytes;
        append_bytes(bits, bytes);
        const std::span written(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
        fuzz::require(switch_bits_from_bytes(written, widths) == bits, "bytes come back");
        const Permutation realised = evaluate(topology, bits);
        fuzz::require(evaluate(topology, circuit.route(realised)) == realised,
                      "what bits realise can be routed");
    } catch (const Error&) {
        return 0;
    }
    return 0;
}
