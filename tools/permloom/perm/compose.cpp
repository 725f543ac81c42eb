/// permloom perm compose: what two circuits behind one another realise.
#include <fmt/format.h>

#include "tools/permloom/perm/permutations.h"
#include "tools/permloom/perm/shape.h"
#include "tools/permloom/perm/verbs.h"

namespace permloom::cli {
namespace {

Options options() {
    Options all(
        "perm compose", "--then FILE [IN] [--out FILE]",
        "Puts the permutations of a second file behind those of IN, one by one: with p from\n"
        "IN and q from FILE it writes r -> p[q[r]], what the two circuits do together.",
        "permloom perm compose perms.txt --then more.txt\n"
        "permloom perm inverse perms.txt | permloom perm compose --then perms.txt");
    add_permutation_input(all);
    all.value("then", "FILE", "the permutations that come behind, as many as in IN")
        .value("n", "N", "size of each permutation; needed for binary ones");
    add_permutations_option(all);
    add_permutation_output(all);
    return all;
}

Permutation compose(const Permutation& p, const Permutation& q) {
    std::vector<int32_t> entries;
    entries.reserve(static_cast<size_t>(q.size()));
    for (const int32_t middle : q.values())
        entries.push_back(p[middle]);
    return Permutation(std::move(entries));
}

}  // namespace

int perm_compose_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const std::string then_path = values->text("then");
    if (then_path.empty())
        throw Error("--then", "missing: the permutations that come behind", {}, ErrorKind::usage);
    if (then_path == "-" && input_path(*values) == "-")
        throw Error("--then", "standard input cannot be both files", "give IN", ErrorKind::usage);
    Input input(input_path(*values)), then_input(then_path);
    const bool binary = binary_permutations(*values);
    const int n = Shape(*values).n;
    PermutationReader reader(input, binary, n), followers(then_input, binary, n);
    PermutationWriter writer(*values);
    for (auto batch = reader.next_batch(); !batch.empty(); batch = reader.next_batch()) {
        for (const Permutation& permutation : batch) {
            const auto follower = followers.next();
            if (!follower)
                throw Error(then_input.name(), "holds fewer permutations than " + input.name());
            if (follower->size() != permutation.size())
                throw Error(followers.place(),
                            fmt::format("{} entries, those of {} have {}", follower->size(),
                                        input.name(), permutation.size()));
            writer.write(compose(permutation, *follower));
        }
        writer.flush();
    }
    if (followers.next())
        throw Error(followers.place(), "no permutation of " + input.name() + " is left for it");
    writer.finish();
    return OK;
}

}  // namespace permloom::cli
