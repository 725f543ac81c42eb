/// permloom: picks the subcommand and turns every error into a message and an exit status.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

#include "compiler/base/error.h"
#include "compiler/base/version.h"
#include "tools/permloom/command.h"

namespace permloom::cli {
namespace {

const std::vector<Command>& commands() {
    static const std::vector<Command> all = {
        {"train", "train a network by reconnecting it; writes a run directory", train_command},
        {"evaluate", "accuracy of a checkpoint (float) or a configuration (integer)",
         evaluate_command},
        {"compile", "checkpoint -> chip and configuration", compile_command},
        {"simulate", "run a configuration on the reference, the SystemC model or the RTL",
         simulate_command},
        {"fabricate", "copies of a chip with the spread and faults of real devices, or measured",
         fabricate_command},
        {"emit", "chip and configuration -> Verilog, memory images and a testbench", emit_command},
        {"inspect", "any checkpoint, chip or configuration, in words", inspect_command},
        {"profile", "the weight profiles of a run, or of weights from Keras, NumPy, PyTorch",
         profile_command},
        {"import", "weights of another program -> run directory", import_command},
        {"export", "a trained network as NumPy arrays or as an ONNX model", export_command},
        {"sweep", "the runs of an experiment, one table, and whether its claims hold",
         sweep_command},
        {"plot", "draw runs and sweeps as SVG", plot_command},
        {"study", "what trained networks withstand: devices that differ, adversarial images",
         study_command},
        {"perm", "permutations on their own: codes, circuits, switch bits, costs", perm_command},
        {"fetch", "download a data set", fetch_command},
    };
    return all;
}

std::string help_text() {
    std::string text =
        "usage: permloom COMMAND [arguments]\n\n"
        "Trains neural networks by reconnecting fixed weights, compiles them to permutation\n"
        "configurations and simulates the reconfigurable hardware bit by bit and cycle by "
        "cycle.\n\n"
        "commands:\n";
    for (const Command& command : commands())
        text += fmt::format("  {:<10} {}\n", command.name, command.summary);
    text +=
        "\nthe whole loop:\n"
        "  permloom train digits\n"
        "  permloom compile runs/digits-digits-s1 --out digits\n"
        "  permloom simulate digits.plc --lockstep\n\n"
        "permloom COMMAND --help explains one command; permloom --version prints the version.\n"
        "Exit status: 0 done, 1 the job failed, 2 the command line is wrong.\n";
    return text;
}

Error unknown_command(const std::string& name) {
    std::vector<std::string> names;
    for (const Command& command : commands())
        names.push_back(command.name);
    return {name, "unknown command" + did_you_mean(name, names),
            "permloom --help lists the commands", ErrorKind::usage};
}

int dispatch(const Arguments& arguments) {
    if (arguments.empty()) {
        std::fputs(help_text().c_str(), stderr);
        return USAGE;
    }
    const std::string& name = arguments.front();
    const Arguments rest(arguments.begin() + 1, arguments.end());
    if (name == "--help" || name == "-h" || (name == "help" && rest.empty())) {
        std::fputs(help_text().c_str(), stdout);
        return OK;
    }
    if (name == "--version") {
        std::printf("permloom %s\n", VERSION);
        return OK;
    }
    if (name == "help") {
        Arguments about = rest;
        about.push_back("--help");
        return dispatch(about);
    }
    for (const Command& command : commands())
        if (command.name == name) return command.run(rest);
    throw unknown_command(name);
}

/// Results that never reached their reader are a failure (a full disk behind a redirection).
int checked_output(int status) {
    if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return status;
    std::fprintf(stderr, "permloom: standard output: cannot write: %s\n", std::strerror(errno));
    return FAILED;
}

}  // namespace
}  // namespace permloom::cli

int main(int argc, char** argv) {
    using namespace permloom;
    try {
        return cli::checked_output(cli::dispatch({argv + 1, argv + argc}));
    } catch (const Error& error) {
        std::fprintf(stderr, "permloom: %s\n", error.what());
        return error.kind() == ErrorKind::usage ? cli::USAGE : cli::FAILED;
    } catch (const std::bad_alloc&) {
        std::fputs(
            "permloom: not enough memory\n"
            "  hint: use a smaller network or training.batch, or fewer --threads\n",
            stderr);
        return cli::FAILED;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "permloom: %s\n", error.what());
        return cli::FAILED;
    }
}
