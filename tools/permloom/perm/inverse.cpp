/// permloom perm inverse: q with q[p[r]] = r.
#include "tools/permloom/perm/permutations.h"
#include "tools/permloom/perm/shape.h"
#include "tools/permloom/perm/verbs.h"

namespace permloom::cli {
namespace {

Options options() {
    Options all("perm inverse", "[IN] [--out FILE]",
                "Writes the inverse of each permutation: entry i is the output that input i goes "
                "to.",
                "echo 2 0 3 1 | permloom perm inverse        # 1 3 0 2\n"
                "permloom perm inverse perms.txt --out inverses.txt");
    add_permutation_input(all);
    all.value("n", "N", "size of each permutation; needed for binary ones");
    add_permutations_option(all);
    add_permutation_output(all);
    return all;
}

}  // namespace

int perm_inverse_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    Input input(input_path(*values));
    PermutationReader reader(input, binary_permutations(*values), Shape(*values).n);
    PermutationWriter writer(*values);
    for (auto batch = reader.next_batch(); !batch.empty(); batch = reader.next_batch()) {
        for (const Permutation& permutation : batch)
            writer.write(permutation.inverse());
        writer.flush();
    }
    writer.finish();
    return OK;
}

}  // namespace permloom::cli
