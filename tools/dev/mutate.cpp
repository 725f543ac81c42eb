// Mutation check: changes one thing at a time in the RTL cells or in the data that a device, the
// other device or the reference gets, runs all of them against one another, and demands that the
// change is seen and, where it has a place, that the first difference names it.
//
//     tools/dev/mutate [--only TEXT]... [--list]
//
// (a script that builds this program and runs it). Every change of the RTL costs a build of the
// Verilated model, some ten seconds each on one core.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/emit/rtl_design.h"
#include "compiler/program/expand.h"
#include "compiler/program/load_stream.h"
#include "sim/bench/bench.h"
#include "sim/reference/reference.h"
#include "sim/systemc/systemc_device.h"
#include "sim/verilated/verilated_device.h"
#include "tools/dev/mutation_scenes.h"
#include "tools/dev/mutation_trials.h"
#include "tools/dev/rtl_mutations.h"

using namespace permloom;

namespace {

/// Where a change sits, as the first difference must name it; -1: no such place.
struct Place {
    int layer = -1, neuron = -1;
};

struct Mutation {
    std::string name;
    Place place;
    std::function<std::optional<Difference>()> run;
};

struct Verdict {
    std::string name, found;
    bool caught = false, placed = false;
};

RtlDesign design_of(const Chip& chip) {
    RtlDesign design;
    design.probes = chip.probes();
    for (const EmittedFile& cell : rtl_cells())
        design.sources.push_back({cell.name, cell.text});
    design.sources.push_back({"permloom_top.sv", emit_top(chip)});
    for (const EmittedFile& image : emit_device_images(chip))
        design.images.push_back({image.name, image.text});
    return design;
}

/// One healthy device against a reference, both perhaps given other data than the scene's.
std::optional<Difference> run_one(const Scene& scene, Device& device, const std::string& name,
                                  std::span<const uint32_t> words, Model& reference) {
    Bench bench(scene.chip, {&device}, {name}, scene.stimulus);
    bench.reset();
    bench.load({words, &reference});
    bench.select(0);
    return bench.run(scene.images).first_difference;
}

std::optional<Difference> run_rtl(const Scene& scene, const RtlDesign& design) {
    const auto systemc = make_systemc_device(scene.chip);
    const auto rtl = make_verilated_device(design);
    return run_trial(scene, *systemc, *rtl);
}

using Scenes = std::map<SceneName, Scene>;

std::vector<Mutation> rtl_mutations(const Scenes& scenes) {
    std::vector<Mutation> mutations;
    for (const RtlMutation& change : all_rtl_mutations()) {
        const Scene& scene = scenes.at(change.scene);
        mutations.push_back(
            {fmt::format("{}, {}: {}", to_string(change.scene), change.file, change.name),
             {change.layer, change.neuron},
             [&scene, change] {
                 RtlDesign design = design_of(scene.chip);
                 apply(change, design);
                 return run_rtl(scene, design);
             }});
    }
    return mutations;
}

/// First word of the rows of one section of one layer.
size_t rows_of(const std::vector<uint32_t>& words, uint32_t layer, Section section,
               uint32_t stage) {
    size_t at = LOAD_HEADER_WORDS;
    while (words[at] != LOAD_END) {
        if (words[at] == (layer | static_cast<uint32_t>(section) << 16 | stage << 24))
            return at + LOAD_RECORD_WORDS;
        at += LOAD_RECORD_WORDS + (words[at + 1] >> 16) * words[at + 2];
    }
    throw InvariantError("the load stream has no such record");
}

/// Changes of data: what a device is loaded with or made of, against the untouched reference.
class DataMutations {
  public:
    explicit DataMutations(SceneName name, const Scene& scene) : name_(name), scene_(scene) {}

    /// A load stream changed on its way to a device.
    template <class Change>
    void stream(const std::string& what, Place place, Change change) {
        for (const bool rtl : {false, true})
            add(rtl ? "rtl load" : "systemc load", what, place, [&scene = scene_, change, rtl] {
                auto words = expand(scene.chip, scene.first, 0).words;
                change(words);
                renew_checksum(words);
                return run_device(scene, scene.chip, rtl, words);
            });
    }
    /// Bit `bit` of word `word` of a row flipped.
    void flip(const std::string& what, Place place, Section section, uint32_t stage, size_t word,
              uint32_t bit) {
        const auto layer = static_cast<uint32_t>(place.layer);
        stream(what, place, [=](std::vector<uint32_t>& words) {
            words[rows_of(words, layer, section, stage) + word] ^= 1U << bit;
        });
    }
    void raise(const std::string& what, Place place, Section section, size_t word,
               uint32_t amount) {
        const auto layer = static_cast<uint32_t>(place.layer);
        stream(what, place, [=](std::vector<uint32_t>& words) {
            words[rows_of(words, layer, section, 0) + word] += amount;
        });
    }

    /// A device made with another value than the chip file says; it accepts loads for what it is.
    template <class Change>
    void device(const std::string& what, Place place, Change change) {
        for (const bool rtl : {false, true})
            add(rtl ? "rtl device" : "systemc device", what, place, [&scene = scene_, change, rtl] {
                Chip other = scene.chip;
                change(other);
                const uint64_t name_of_other = low_word(fingerprint(other));
                auto words = expand(scene.chip, scene.first, 0).words;
                words[2] = static_cast<uint32_t>(name_of_other);
                words[3] = static_cast<uint32_t>(name_of_other >> 32);
                renew_checksum(words);
                return run_device(scene, other, rtl, words);
            });
    }

    /// The reference given other constants than the devices.
    template <class Change>
    void reference(const std::string& what, Place place, Change change) {
        add("reference", what, place, [&scene = scene_, change] {
            Configuration other = scene.first;
            change(other);
            const auto reference = make_reference(scene.chip, other);
            const auto device = make_systemc_device(scene.chip);
            return run_one(scene, *device, "systemc", expand(scene.chip, scene.first, 0).words,
                           *reference);
        });
    }

    std::vector<Mutation> take() { return std::move(mutations_); }

  private:
    template <class Run>
    void add(const char* where, const std::string& what, Place place, Run run) {
        mutations_.push_back(
            {fmt::format("{}, {}: {}", to_string(name_), where, what), place, run});
    }
    static std::optional<Difference> run_device(const Scene& scene, const Chip& made, bool rtl,
                                                const std::vector<uint32_t>& words) {
        const auto device =
            rtl ? make_verilated_device(design_of(made)) : make_systemc_device(made);
        const auto reference = make_reference(scene.chip, scene.first);
        return run_one(scene, *device, rtl ? "rtl" : "systemc", words, *reference);
    }

    SceneName name_;
    const Scene& scene_;
    std::vector<Mutation> mutations_;
};

constexpr auto NEURON = Section::neuron_registers, LAYER = Section::layer_registers;

std::vector<Mutation> folded_data_mutations(const Scene& scene) {
    DataMutations m(SceneName::folded, scene);
    // The middle stage joins lines far apart, whose devices differ.
    m.flip("switch 1 of stage 3, layer 0, neuron 4, flipped", {0, 4}, Section::switches, 3, 4, 1);
    m.flip("switch 0 of stage 3, layer 1, neuron 1, flipped", {1, 1}, Section::switches, 3, 1, 0);
    m.flip("switch 0 of stage 3, layer 2, neuron 2, flipped", {2, 2}, Section::switches, 3, 2, 0);
    m.raise("b + 9, layer 0, neuron 6", {0, 6}, NEURON, 4 * 6, 9);
    m.raise("m + 300, layer 1, neuron 5", {1, 5}, NEURON, 4 * 5 + 1, 300);
    m.raise("rounding constant c + 2^13, layer 0, neuron 2", {0, 2}, NEURON, 4 * 2 + 2, 1U << 13);
    m.raise("b + 1 of a logit, layer 2, neuron 0", {2, 0}, NEURON, 0, 1);
    m.raise("s + 1, layer 1", {1, -1}, LAYER, 0, 1);
    m.raise("zero point z + 1, layer 0", {0, -1}, LAYER, 1, 1);
    m.flip("relu off, layer 0", {0, -1}, LAYER, 0, 0, 8);
    m.device("smallest device of the shared bank, layer 0, - 1", {0, -1},
             [](Chip& chip) { chip.layers[0].devices.front() -= 1; });
    m.device("smallest device of neuron 4, layer 1, - 1", {1, 4}, [](Chip& chip) {
        chip.layers[1].devices[static_cast<size_t>(4 * chip.layers[1].lines())] -= 1;
    });
    m.reference("rounding constant c + 2^13, layer 0, neuron 7", {0, 7},
                [](Configuration& c) { c.layers[0].neurons[7].c += 1 << 13; });
    m.reference("shift s - 1, layer 1", {1, -1},
                [](Configuration& c) { c.layers[1].registers.s -= 1; });
    m.reference("b + 1 of a logit, layer 2, neuron 3", {2, 3},
                [](Configuration& c) { c.layers[2].neurons[3].b += 1; });
    return m.take();
}

std::vector<Mutation> engine_data_mutations(const Scene& scene) {
    DataMutations m(SceneName::engines, scene);
    m.flip("entry 2 of lane 1, layer 0, names another input", {0, 1}, Section::entries, 1, 2, 1);
    m.flip("complement of entry 0 of lane 2, layer 0, flipped", {0, 2}, Section::entries, 2, 0, 31);
    m.flip("entry 0 of lane 1, layer 2, names another input", {2, 1}, Section::entries, 1, 0, 1);
    m.flip("level of an input of neuron 3, layer 1, flipped", {1, 3}, Section::levels, 3, 0, 0);
    m.flip("level of a complement of neuron 2, layer 3, flipped", {3, 2}, Section::levels, 2, 6, 0);
    m.device("smallest device of neuron 5, layer 0, - 1", {0, 5}, [](Chip& chip) {
        chip.layers[0].devices[static_cast<size_t>(5 * chip.layers[0].lines())] -= 1;
    });
    m.device("largest device of the shared bank, layer 1, - 1", {1, -1}, [](Chip& chip) {
        for (auto d = chip.layers[1].devices.rbegin(); *d == 3; ++d)
            *d = 2;
    });
    return m.take();
}

std::vector<Mutation> spatial_data_mutations(const Scene& scene) {
    DataMutations m(SceneName::spatial, scene);
    m.flip("weight 0 of neuron 2, layer 0, off by 2", {0, 2}, Section::weights, 2, 0, 1);
    m.flip("switch 1 of stage 2, layer 1, neuron 3, flipped", {1, 3}, Section::switches, 2, 3, 1);
    m.flip("switch 0 of stage 3, layer 2, neuron 6, flipped", {2, 6}, Section::switches, 3, 6, 0);
    m.raise("b + 9, layer 2, neuron 6", {2, 6}, NEURON, 4 * 6, 9);
    m.device("smallest device of neuron 1, layer 2, - 1", {2, 1}, [](Chip& chip) {
        chip.layers[2].devices[static_cast<size_t>(chip.layers[2].lines())] -= 1;
    });
    return m.take();
}

std::vector<Mutation> walk_data_mutations(const Scene& scene) {
    DataMutations m(SceneName::walks, scene);
    m.raise("m2 + 9000, layer 2", {2, -1}, LAYER, 3, 9000);
    m.raise("zero point z + 1, layer 3", {3, -1}, LAYER, 1, 1);
    m.raise("c + 2^18, layer 4, neuron 0", {4, 0}, NEURON, 2, 1U << 18);
    m.device("padding of layer 0 has code 6", {0, -1},
             [](Chip& chip) { chip.layers[0].in_zero = 6; });
    m.device("windows of layer 0 begin a column further right", {0, -1},
             [](Chip& chip) { chip.layers[0].walk->left = 0; });
    m.device("windows of layer 3 begin a row further down", {3, -1},
             [](Chip& chip) { chip.layers[3].walk->top = 0; });
    m.device("padding of layer 3 has code 90", {3, -1},
             [](Chip& chip) { chip.layers[3].in_zero = 90; });
    m.reference("m2 - 9000, layer 3", {3, -1},
                [](Configuration& c) { c.layers[3].registers.m2 -= 9000; });
    return m.take();
}

Verdict judge(const Mutation& mutation) {
    Verdict verdict{mutation.name, "not noticed", false, false};
    const std::optional<Difference> difference = mutation.run();
    if (!difference) return verdict;
    verdict.caught = true;
    verdict.placed = (mutation.place.layer < 0 || difference->layer == mutation.place.layer) &&
                     (mutation.place.neuron < 0 || difference->neuron == mutation.place.neuron);
    verdict.found = difference->describe();
    return verdict;
}

int run(int argc, char** argv) {
    std::vector<std::string> only;
    bool list = false;
    for (int i = 1; i < argc; ++i) {
        if (!std::strcmp(argv[i], "--list")) {
            list = true;
        } else if (!std::strcmp(argv[i], "--only") && i + 1 < argc) {
            only.emplace_back(argv[++i]);
        } else {
            std::cerr << "usage: mutate [--only TEXT]... [--list]\n";
            return 2;
        }
    }
    Scenes scenes;
    for (const SceneName name : SCENES)
        scenes.emplace(name, Scene(name));
    std::vector<Mutation> mutations;
    for (const auto& some :
         {folded_data_mutations(scenes.at(SceneName::folded)),
          engine_data_mutations(scenes.at(SceneName::engines)),
          spatial_data_mutations(scenes.at(SceneName::spatial)),
          walk_data_mutations(scenes.at(SceneName::walks)), rtl_mutations(scenes)})
        mutations.insert(mutations.end(), some.begin(), some.end());
    std::erase_if(mutations, [&](const Mutation& m) {
        return !only.empty() && std::ranges::none_of(only, [&](const std::string& text) {
            return m.name.find(text) != std::string::npos;
        });
    });
    if (list) {
        for (const Mutation& one : mutations)
            std::cout << one.name << '\n';
        return 0;
    }

    for (const auto& [name, scene] : scenes) {
        const std::string of_scene = fmt::format("{}, ", to_string(name));
        if (std::ranges::none_of(mutations,
                                 [&](const Mutation& m) { return m.name.starts_with(of_scene); }))
            continue;
        std::cout << fmt::format("{}, unchanged: ", to_string(name)) << std::flush;
        if (const auto difference = run_rtl(scene, design_of(scene.chip))) {
            std::cout << difference->describe() << "\nthe unchanged machine must agree first\n";
            return 1;
        }
        std::cout << "no difference\n";
    }

    int escaped = 0, misplaced = 0;
    for (const Mutation& one : mutations) {
        const Verdict verdict = judge(one);
        const char* word = !verdict.caught ? "ESCAPED" : verdict.placed ? "caught" : "MISPLACED";
        escaped += verdict.caught ? 0 : 1;
        misplaced += verdict.caught && !verdict.placed ? 1 : 0;
        std::cout << fmt::format("{:<9} {}\n          {}\n", word, verdict.name, verdict.found)
                  << std::flush;
    }
    std::cout << fmt::format("{} changes: {} caught, {} escaped, {} named another place\n",
                             mutations.size(), mutations.size() - static_cast<size_t>(escaped),
                             escaped, misplaced);
    return escaped + misplaced == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "mutate: " << error.what() << '\n';
        return 1;
    }
}
