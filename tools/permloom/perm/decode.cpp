/// permloom perm decode: codes -> permutations.
#include <fmt/format.h>

#include <charconv>

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
    Options all("perm decode", "--n N | --classes M,M,... [IN] [--code C] [--format text|binary]",
                "Writes the permutation of each code, canonical where there are device classes. "
                "Code,\n"
                "shape and format are those of encode: codes do not say them. Whatever encode "
                "cannot\n"
                "have written is refused with its line or byte.",
                "echo 2 0 1 0 | permloom perm decode --n 4 --digits         # 2 0 3 1\n"
                "permloom perm decode codes.bin --n 784 --format binary\n"
                "permloom perm decode codes.txt --code multiset --classes 392,392");
    all.optional_argument("IN", "codes; standard input where left out or -");
    add_code_options(all);
    add_shape_options(all, "size of each permutation");
    add_permutations_option(all);
    add_permutation_output(all);
    return all;
}

std::string_view without_blanks(std::string_view line) {
    const size_t first = line.find_first_not_of(" \t\r");
    return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::vector<uint8_t> bytes_of_hex(std::string_view text) {
    if (text.size() % 2 != 0)
        throw Error("code", fmt::format("{} hexadecimal digits are no whole bytes", text.size()));
    std::vector<uint8_t> bytes(text.size() / 2);
    for (size_t i = 0; i < bytes.size(); ++i) {
        const char* end = text.data() + 2 * i + 2;
        const auto [stop, code] = std::from_chars(end - 2, end, bytes[i], 16);
        if (code != std::errc{} || stop != end)
            throw Error("code",
                        fmt::format("character {} is no hexadecimal digit",
                                    stop == end ? 2 * i : static_cast<size_t>(stop - text.data())));
    }
    return bytes;
}

/// One code a line.
class TextDecoder {
  public:
    TextDecoder(const Values& values, DeviceClasses classes, bool has_classes)
        : code_(code_option(values)),
          format_(code_format_option(values)),
          classes_(std::move(classes)),
          has_classes_(has_classes) {}

    Permutation decode(std::string_view line) const {
        if (format_ == CodeFormat::rank) return decode_rank(without_blanks(line));
        if (format_ == CodeFormat::digits) return decode_digits(parse_entries(line));
        const std::vector<uint8_t> bytes = bytes_of_hex(without_blanks(line));
        BitReader in(bytes);
        Permutation source = code_.decode(classes_, in);
        // A code without bits is written as one zero byte.
        if (in.position() == 0) in.get(8);
        in.expect_end();
        return source;
    }

  private:
    Permutation decode_rank(std::string_view text) const {
        uint64_t rank = 0;
        const char* end = text.data() + text.size();
        const auto [stop, code] = std::from_chars(text.data(), end, rank);
        if (code != std::errc{} || stop != end)
            throw Error("rank", "not a whole number below 2^64");
        return has_classes_ ? wiring_of_rank(rank, classes_) : unrank(classes_.slots(), rank);
    }

    Permutation decode_digits(const std::vector<int32_t>& digits) const {
        const int n = classes_.slots();
        if (digits.size() != static_cast<size_t>(n))
            throw Error("digits", fmt::format("{} digits, and n is {}", digits.size(), n));
        Permutation source = from_lehmer_digits(digits);
        if (has_classes_ && !is_canonical(source, classes_))
            throw Error("digits", "lines of equal devices are not in ascending order");
        return source;
    }

    const Code& code_;
    CodeFormat format_;
    DeviceClasses classes_;
    bool has_classes_;
};

void decode_lines(Input& input, const TextDecoder& decoder, PermutationWriter& writer) {
    while (const auto line = input.next_line()) {
        std::optional<Permutation> source;
        try {
            source = decoder.decode(*line);
        } catch (const Error& error) {
            writer.flush();
            throw Error(input.line_name(), error.problem(), error.hint());
        }
        writer.write(*source);
        if (!input.line_at_hand()) writer.flush();
    }
}

void decode_stream(Input& input, CodeStreamReader reader, PermutationWriter& writer) {
    for (;;) {
        std::optional<Permutation> source;
        try {
            source = reader.next();
        } catch (const Error& error) {
            writer.flush();
            if (error.where() == input.name()) throw;
            throw Error(input.name(), error.problem(),
                        error.hint().empty() ? "same code, shape and format as it was encoded with?"
                                             : error.hint());
        }
        if (!source) return;
        writer.write(*source);
    }
}

}  // namespace

int perm_decode_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const Shape shape(*values);
    const DeviceClasses classes = shape.classes_for(required_size(shape, "decode"));
    Input input(input_path(*values));
    PermutationWriter writer(*values);
    if (code_format_option(*values) == CodeFormat::binary)
        decode_stream(input,
                      CodeStreamReader(code_option(*values), classes,
                                       [&](std::span<uint8_t> bytes) { return input.read(bytes); }),
                      writer);
    else
        decode_lines(input, TextDecoder(*values, classes, shape.classes.has_value()), writer);
    writer.finish();
    return OK;
}

}  // namespace permloom::cli
