#include "tools/permloom/perm/code_options.h"

namespace permloom::cli {

void add_code_options(Options& options) {
    std::string names;
    for (const auto& code : all_codes())
        names += (names.empty() ? "" : ", ") + std::string(code->name());
    options.value("code", "C", names, "lehmer")
        .value("format", "FORM", "codes as text (hexadecimal bytes, a line each) or binary", "text")
        .flag("digits", "codes as Lehmer digits, a line each")
        .flag("rank", "codes as one number, a line each: the place in the list of all")
        .exclusive("format", "digits")
        .exclusive("format", "rank")
        .exclusive("digits", "rank")
        .exclusive("code", "rank");
}

const Code& code_option(const Values& values) {
    std::vector<std::string> names;
    for (const auto& code : all_codes())
        names.emplace_back(code->name());
    return code_named(values.choice("code", names));
}

CodeFormat code_format_option(const Values& values) {
    if (values.flag("rank")) return CodeFormat::rank;
    if (values.flag("digits")) {
        if (code_option(values).name() != "lehmer")
            throw Error("--digits", "only the code lehmer has them", "leave --code out",
                        ErrorKind::usage);
        return CodeFormat::digits;
    }
    return values.choice("format", {"text", "binary"}) == "binary" ? CodeFormat::binary
                                                                   : CodeFormat::text;
}

}  // namespace permloom::cli
