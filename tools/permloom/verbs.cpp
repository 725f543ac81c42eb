#include "tools/permloom/verbs.h"

#include <cstdio>

#include "compiler/base/error.h"

namespace permloom::cli {

int run_verb(const std::string& command, const std::vector<Command>& verbs, const std::string& help,
             const Arguments& arguments) {
    if (arguments.empty()) {
        std::fputs(help.c_str(), stderr);
        return USAGE;
    }
    const std::string& name = arguments.front();
    const Arguments rest(arguments.begin() + 1, arguments.end());
    if (name == "--help" || name == "-h") {
        std::fputs(help.c_str(), stdout);
        return OK;
    }
    std::vector<std::string> names;
    for (const Command& verb : verbs) {
        if (verb.name == name) return verb.run(rest);
        names.push_back(verb.name);
    }
    throw Error(command + " " + name, "unknown verb" + did_you_mean(name, names),
                "permloom " + command + " --help lists the verbs", ErrorKind::usage);
}

}  // namespace permloom::cli
