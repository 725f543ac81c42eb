#include "tools/permloom/perm/circuit_options.h"

namespace permloom::cli {

void add_circuit_options(Options& options) {
    std::string names;
    for (const auto& circuit : all_circuits())
        names += (names.empty() ? "" : ", ") + std::string(circuit->name());
    options.value("circuit", "NAME", names, "as-waksman")
        .value(
            "format", "FORM",
            "switch bits as text (rows of 0 and 1), hex (a number a row) or binary (32-bit words "
            "of the load stream)",
            "text");
}

const Circuit& circuit_option(const Values& values) {
    std::vector<std::string> names;
    for (const auto& circuit : all_circuits())
        names.emplace_back(circuit->name());
    return circuit_named(values.choice("circuit", names));
}

SwitchFormat switch_format_option(const Values& values) {
    const std::string name = values.choice("format", {"text", "hex", "binary"});
    if (name == "binary") return SwitchFormat::binary;
    return name == "hex" ? SwitchFormat::hex : SwitchFormat::text;
}

SwitchDigits digits_of(SwitchFormat format) {
    return format == SwitchFormat::hex ? SwitchDigits::hex : SwitchDigits::bits;
}

}  // namespace permloom::cli
