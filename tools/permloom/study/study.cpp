/// permloom study: questions about trained networks; picks the verb.
#include <fmt/format.h>

#include "tools/permloom/command.h"
#include "tools/permloom/study/verbs.h"
#include "tools/permloom/verbs.h"

namespace permloom::cli {
namespace {

const std::vector<Command>& verbs() {
    static const std::vector<Command> all = {
        {"adversarial", "accuracy under FGSM and PGD, and whether another wiring restores it",
         study_adversarial_command},
    };
    return all;
}

std::string help_text() {
    std::string text =
        "usage: permloom study VERB [arguments]\n\n"
        "Questions about trained networks, answered by a table of measured numbers.\n\n"
        "verbs:\n";
    for (const Command& verb : verbs())
        text += fmt::format("  {:<12} {}\n", verb.name, verb.summary);
    text +=
        "\nexamples:\n"
        "  permloom study adversarial runs/digits-digits-s1 --epsilon 1/16,2/16 --reload\n\n"
        "permloom study VERB --help explains one verb.\n";
    return text;
}

}  // namespace

int study_command(const Arguments& arguments) {
    return run_verb("study", verbs(), help_text(), arguments);
}

}  // namespace permloom::cli
