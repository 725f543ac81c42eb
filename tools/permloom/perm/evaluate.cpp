/// permloom perm evaluate: switch bits -> permutations.
#include "compiler/perm/evaluate.h"

#include <fmt/format.h>

#include "tools/permloom/perm/circuit_options.h"
#include "tools/permloom/perm/permutations.h"
#include "tools/permloom/perm/shape.h"
#include "tools/permloom/perm/verbs.h"

namespace permloom::cli {
namespace {

Options options() {
    Options all(
        "perm evaluate", "--n N [IN] [--circuit NAME] [--format text|hex|binary]",
        "Sends the line numbers 0..n-1 through a circuit whose switches are set, and writes\n"
        "the permutation that comes out. It takes exactly what route prints, and no router\n"
        "has a part in it. A row of bits belongs to a stage, or to a selector.",
        "echo 11 01 0 | permloom perm evaluate --circuit as-waksman --n 4    # 1 2 3 0\n"
        "permloom perm route perms.txt | permloom perm evaluate --n 784 | cmp - perms.txt");
    all.optional_argument("IN", "switch bits; standard input where left out or -")
        .value("n", "N", "lines of the circuit");
    add_circuit_options(all);
    add_permutations_option(all);
    add_permutation_output(all);
    return all;
}

/// Sets of switch bits, one after another.
class SwitchReader {
  public:
    SwitchReader(Input& input, std::vector<int32_t> widths, SwitchFormat format)
        : input_(input), widths_(std::move(widths)), format_(format) {
        if (format == SwitchFormat::binary && byte_count() == 0)
            throw Error("--format", "a circuit of one line has no bytes to read",
                        "--format text writes a . for it", ErrorKind::usage);
    }

    std::optional<SwitchBits> next() {
        if (format_ == SwitchFormat::binary) return next_binary();
        const auto line = input_.next_line();
        if (!line) return std::nullopt;
        return parse_switch_bits(*line, widths_, digits_of(format_));
    }

    bool at_hand() const {
        return format_ == SwitchFormat::binary ? input_.bytes_at_hand(byte_count())
                                               : input_.line_at_hand();
    }

    /// Of what `next` read last.
    std::string place() const {
        if (format_ != SwitchFormat::binary) return input_.line_name();
        return fmt::format("{}, byte {}", input_.name(), start_);
    }

  private:
    size_t byte_count() const { return switch_byte_count(widths_); }

    std::optional<SwitchBits> next_binary() {
        start_ = input_.position();
        const auto bytes = input_.next_bytes(byte_count());
        if (bytes.empty()) return std::nullopt;
        if (bytes.size() < byte_count())
            throw Error("switch bits",
                        fmt::format("a set takes {} bytes, and only {} are left", byte_count(),
                                    bytes.size()),
                        "cut off, or made for another circuit or --n?");
        return switch_bits_from_bytes(bytes, widths_);
    }

    Input& input_;
    std::vector<int32_t> widths_;
    SwitchFormat format_;
    uint64_t start_ = 0;
};

}  // namespace

int perm_evaluate_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const int n = required_size(Shape(*values), "know the circuit");
    const Topology topology = circuit_option(*values).topology(n);
    Input input(input_path(*values));
    SwitchReader reader(input, topology.row_widths(), switch_format_option(*values));
    PermutationWriter writer(*values);
    for (;;) {
        std::optional<Permutation> permutation;
        try {
            const std::optional<SwitchBits> bits = reader.next();
            if (!bits) break;
            permutation = evaluate(topology, *bits);
        } catch (const Error& error) {
            writer.flush();
            if (error.where() == input.name()) throw;
            throw Error(reader.place(), error.problem(), error.hint());
        }
        writer.write(*permutation);
        if (!reader.at_hand()) writer.flush();
    }
    writer.finish();
    return OK;
}

}  // namespace permloom::cli
