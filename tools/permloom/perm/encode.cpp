/// permloom perm encode: permutations -> codes.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/perm/code_stream.h"
#include "compiler/perm/lehmer.h"
#include "compiler/perm/permutation_text.h"
#include "compiler/perm/wiring_rank.h"
#include "tools/permloom/perm/code_options.h"
#include "tools/permloom/perm/permutations.h"
#include "tools/permloom/perm/shape.h"
#include "tools/permloom/perm/verbs.h"

namespace permloom::cli {
namespace {

Options options() {
    Options all("perm encode", "[IN] [--code C] [--classes M,M,...] [--format text|binary]",
                "Writes the code of each permutation. With device classes the order of inputs "
                "inside a\n"
                "class is forgotten: decode returns it ascending. Binary codes follow one another "
                "on\n"
                "byte boundaries, without a header. --rank counts permutations in lexicographic "
                "order;\n"
                "with classes it counts wirings by the class of input 0, then of input 1, and so "
                "on.",
                "echo 2 0 3 1 | permloom perm encode --digits         # 2 0 1 0\n"
                "permloom perm encode perms.txt --format binary --out codes.bin\n"
                "permloom perm encode wirings.txt --code multiset --classes 392,392");
    add_permutation_input(all);
    add_code_options(all);
    add_shape_options(all, "size of each permutation; needed for binary ones");
    add_permutations_option(all);
    all.value("out", "FILE", "where the codes go; - is standard output", "-")
        .flag("json", "one JSON object a line instead of --format")
        .exclusive("json", "format")
        .exclusive("json", "digits")
        .exclusive("json", "rank");
    return all;
}

std::string hex(std::span<const uint8_t> bytes) {
    return fmt::format("{:02x}", fmt::join(bytes, ""));
}

/// One code a line.
class TextEncoder {
  public:
    TextEncoder(const Values& values, const Code& code, DeviceClasses classes, bool has_classes)
        : code_(code),
          format_(code_format_option(values)),
          json_(values.flag("json")),
          classes_(std::move(classes)),
          has_classes_(has_classes),
          bound_(wiring_bound_bits(classes_)) {}

    std::string line(const Permutation& source) {
        if (format_ == CodeFormat::rank)
            return std::to_string(has_classes_ ? wiring_rank(source, classes_) : rank_of(source)) +
                   '\n';
        if (format_ == CodeFormat::digits) {
            std::string text;
            append_text(lehmer_digits(source), text);
            return text;
        }
        bits_.clear();
        code_.encode(source, classes_, bits_);
        const uint64_t count = bits_.bit_count();
        const std::string text = count == 0 ? "00" : hex(bits_.bytes());
        if (!json_) return text + '\n';
        return nlohmann::ordered_json{{"code", code_.name()},
                                      {"n", source.size()},
                                      {"bits", count},
                                      {"bound_bits", bound_},
                                      {"hex", text}}
                   .dump() +
               '\n';
    }

  private:
    const Code& code_;
    CodeFormat format_;
    bool json_;
    DeviceClasses classes_;
    bool has_classes_;
    double bound_;
    BitWriter bits_;
};

}  // namespace

int perm_encode_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const Shape shape(*values);
    const Code& code = code_option(*values);
    const bool binary = code_format_option(*values) == CodeFormat::binary;
    Input input(input_path(*values));
    PermutationReader reader(input, binary_permutations(*values), shape.n);
    Output output(values->text("out"), binary ? Output::Kind::binary : Output::Kind::text);
    const auto append_bytes = [&](std::span<const uint8_t> bytes) {
        output.append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    };
    std::optional<TextEncoder> text;
    std::optional<CodeStreamWriter> stream;
    for (auto batch = reader.next_batch(); !batch.empty(); batch = reader.next_batch()) {
        const DeviceClasses classes = shape.classes_for(batch.front().size());
        if (binary && !stream) stream.emplace(code, classes, append_bytes);
        if (!binary && !text) text.emplace(*values, code, classes, shape.classes.has_value());
        for (const Permutation& permutation : batch) {
            const Permutation source =
                shape.classes ? canonical(permutation, classes) : permutation;
            if (binary)
                stream->write(source);
            else
                output.append(text->line(source));
        }
        output.flush();
    }
    output.finish();
    return OK;
}

}  // namespace permloom::cli
