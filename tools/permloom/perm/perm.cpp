/// permloom perm: the permutation library on its own; picks the verb.
#include <fmt/format.h>

#include "tools/permloom/command.h"
#include "tools/permloom/perm/verbs.h"
#include "tools/permloom/verbs.h"

namespace permloom::cli {
namespace {

const std::vector<Command>& verbs() {
    static const std::vector<Command> all = {
        {"encode", "permutations -> codes: lehmer, multiset, level-map, index, ...",
         perm_encode_command},
        {"decode", "codes -> permutations; refuses whatever no encoder wrote", perm_decode_command},
        {"route", "permutations -> switch bits of a circuit; draws small ones", perm_route_command},
        {"evaluate", "switch bits -> the permutations that they realise", perm_evaluate_command},
        {"cost", "what every circuit and code takes, beside the information bound",
         perm_cost_command},
        {"random", "seeded random permutations", perm_random_command},
        {"inverse", "the inverse of each permutation", perm_inverse_command},
        {"compose", "one permutation after another", perm_compose_command},
        {"check", "whether each line is a permutation; how many, of which sizes",
         perm_check_command},
    };
    return all;
}

std::string help_text() {
    std::string text =
        "usage: permloom perm VERB [arguments]\n\n"
        "Permutations, their codes and the circuits that realise them. Text in and out is one\n"
        "permutation a line: entry r is the input that output r takes, out[r] = in[p[r]], counted\n"
        "from 0. Lines that are blank or begin with # are skipped. A verb reads its argument, or\n"
        "standard input, and writes standard output: verbs join to pipes of any length.\n\n"
        "verbs:\n";
    for (const Command& verb : verbs())
        text += fmt::format("  {:<10} {}\n", verb.name, verb.summary);
    text +=
        "\nexamples:\n"
        "  permloom perm cost --n 784\n"
        "  echo 2 0 3 1 | permloom perm route --circuit as-waksman\n"
        "  permloom perm random --n 784 --count 1000 | permloom perm encode --code lehmer |\n"
        "      permloom perm decode --code lehmer --n 784 | permloom perm check\n\n"
        "permloom perm VERB --help explains one verb.\n";
    return text;
}

}  // namespace

int perm_command(const Arguments& arguments) {
    return run_verb("perm", verbs(), help_text(), arguments);
}

}  // namespace permloom::cli
