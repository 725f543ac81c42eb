/// permloom perm random: seeded random permutations.
#include <algorithm>

#include "compiler/base/rng.h"
#include "tools/permloom/perm/permutations.h"
#include "tools/permloom/perm/shape.h"
#include "tools/permloom/perm/verbs.h"

namespace permloom::cli {
namespace {

Options options() {
    Options all(
        "perm random", "--n N [--count K] [--seed S] [--classes M,M,... | --live M]",
        "Writes permutations drawn uniformly: the same seed gives the same ones on every\n"
        "machine. With device classes they are canonical (inputs of equal devices in\n"
        "ascending order), and every wiring is equally likely. With --live only M outputs of\n"
        "each, drawn as well, have an input; the others are open and written as -.",
        "permloom perm random --n 8\n"
        "permloom perm random --n 784 --count 1000 --seed 7 --out perms.txt\n"
        "permloom perm random --classes 392,392 | permloom perm encode --code multiset "
        "--classes 392,392\n"
        "permloom perm random --n 8 --live 3 | permloom perm route");
    add_shape_options(all, "size of each permutation");
    all.value("live", "M", "outputs that matter; default: all")
        .exclusive("live", "classes")
        .exclusive("live", "devices");
    all.value("count", "K", "number of permutations", "1").value("seed", "S", "seed", "1");
    add_permutations_option(all);
    add_permutation_output(all);
    return all;
}

/// `source` with `live` of its outputs, the rest open.
PartialPermutation open_outputs(const Permutation& source, int live, Rng& rng) {
    std::vector<uint8_t> kept(static_cast<size_t>(source.size()), 0);
    std::fill_n(kept.begin(), live, uint8_t{1});
    rng.shuffle(std::span(kept));
    return {source, kept};
}

}  // namespace

int perm_random_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const Shape shape(*values);
    const int n = required_size(shape, "draw permutations");
    const int live = values->has("live") ? static_cast<int>(values->integer("live", 0, n)) : n;
    const int64_t count = values->integer("count", 0, INT64_MAX);
    Rng rng(static_cast<uint64_t>(values->integer("seed", 0, INT64_MAX)));
    PermutationWriter writer(*values);
    for (int64_t i = 0; i < count; ++i) {
        const Permutation drawn = Permutation::random(n, rng);
        if (live < n)
            writer.write(open_outputs(drawn, live, rng));
        else
            writer.write(shape.classes ? canonical(drawn, *shape.classes) : drawn);
    }
    writer.finish();
    return OK;
}

}  // namespace permloom::cli
