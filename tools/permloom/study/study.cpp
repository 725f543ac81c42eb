/// permloom study: questions about trained networks; picks the verb.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/spec/library.h"
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
        "usage: permloom study VERB [arguments]\n"
        "       permloom study STUDY [arguments]\n\n"
        "Questions about trained networks, answered by a table of measured numbers. A STUDY is of "
        "physical\n"
        "networks: accuracy on fabricated chips over one property of their devices. It is a "
        "description\n"
        "(.yaml), or the name of one in models/studies.\n\n"
        "verbs:\n";
    for (const Command& verb : verbs())
        text += fmt::format("  {:<12} {}\n", verb.name, verb.summary);
    text += "\nstudies:\n";
    for (const std::string& name : study_names())
        text += fmt::format("  {:<22} {}\n", name, load_study(name).about);
    text +=
        "\nexamples:\n"
        "  permloom study spread-2bit\n"
        "  permloom study adversarial runs/digits-digits-s1 --epsilon 1/16,2/16 --reload\n\n"
        "permloom study VERB --help explains one verb.\n";
    return text;
}

bool names_study(const std::string& word) {
    const std::vector<std::string> names = study_names();
    return word.ends_with(".yaml") || word.ends_with(".yml") ||
           std::ranges::find(names, word) != names.end();
}

}  // namespace

int study_command(const Arguments& arguments) {
    if (!arguments.empty() && names_study(arguments.front()))
        return study_physical_command(arguments);
    return run_verb("study", verbs(), help_text(), arguments);
}

}  // namespace permloom::cli
