// Mutation check: changes one thing at a time in the RTL cells or in the data that a device, the
// other device or the reference gets, runs all of them against one another, and demands that the
// change is seen and, where it has a place, that the first difference names it.
//
//     tools/dev/mutate [--only TEXT] [--list]
//
// (a script that builds this program and runs it). Every change of the RTL costs a build of the
// Verilated model, some ten seconds each on one core.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/base/parallel.h"
#include "compiler/emit/rtl_design.h"
#include "compiler/perm/code.h"
#include "compiler/program/expand.h"
#include "compiler/program/load_stream.h"
#include "sim/bench/bench.h"
#include "sim/reference/reference.h"
#include "sim/systemc/systemc_device.h"
#include "sim/verilated/verilated_device.h"
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

/// Three layers with everything that a folded chip can have: shared and per-neuron banks, all
/// rails, odd widths, several activation widths.
Chip test_chip() {
    Rng rng(2024);
    const auto layer = [&](int inputs, int outputs, Rail rail, int in_bits, int out_bits,
                           int device_bits, bool shared, int lowest, int highest) {
        ChipLayer made{inputs, outputs, rail, in_bits, 0, out_bits, device_bits, shared, {}};
        for (int bank = 0; bank < made.banks(); ++bank) {
            std::vector<int32_t> devices;
            for (int r = 0; r < made.lines(); ++r)
                devices.push_back(lowest + static_cast<int32_t>(rng.below(
                                               static_cast<uint64_t>(highest - lowest + 1))));
            std::sort(devices.begin(), devices.end());
            made.devices.insert(made.devices.end(), devices.begin(), devices.end());
        }
        return made;
    };
    Chip chip;
    chip.name = "mutation";
    chip.target = "generic";
    chip.layers = {layer(11, 9, Rail::single, 4, 8, 4, true, -7, 7),
                   layer(9, 7, Rail::split, 8, 6, 3, false, -3, 3),
                   layer(7, 5, Rail::dual, 6, 8, 2, true, 0, 1)};
    return chip;
}

Configuration test_configuration(const Chip& chip, uint64_t seed) {
    Rng rng(seed);
    const auto between = [&](int64_t low, int64_t high) {
        return low + static_cast<int64_t>(rng.below(static_cast<uint64_t>(high - low + 1)));
    };
    Configuration configuration;
    configuration.chip_fingerprint = fingerprint(chip);
    configuration.classes = chip.outputs() - 1;
    configuration.input = {chip.inputs(), chip.in_bits(), 1.0, 0.0, 1.0, 0};
    configuration.version = "mutation check";
    for (const ChipLayer& layer : chip.layers) {
        LayerConfiguration loaded;
        loaded.code = "lehmer";
        BitWriter out;
        for (int j = 0; j < layer.outputs; ++j) {
            const DeviceClasses classes = classes_of(layer.bank(j));
            code_named(loaded.code)
                .encode(canonical(Permutation::random(layer.lines(), rng), classes), classes, out);
            // The complement rail's constant leaves, so that codes spread over their whole range.
            int64_t constant = 0;
            if (layer.rail == Rail::split)
                for (const int32_t device : layer.bank(j))
                    constant += std::max(-device, 0) * layer.in_hi();
            loaded.neurons.push_back({static_cast<int32_t>(between(-40, 40) - constant),
                                      static_cast<int32_t>(between(9000, 12000)),
                                      between(-9000, 9000)});
        }
        loaded.wiring_bits = out.bit_count();
        loaded.payload = out.take();
        const int top = (1 << layer.out_bits) - 1;
        // Layer 0 shows its ReLU (lo below z), layer 1 its lower clamp (lo above z).
        const bool split = layer.rail == Rail::split;
        loaded.registers = {split ? 18 : 14, top / 4, split ? top * 3 / 8 : top / 8, top - top / 16,
                            true};
        configuration.layers.push_back(std::move(loaded));
    }
    return configuration;
}

std::vector<std::vector<uint16_t>> test_images(const Chip& chip, int count) {
    Rng rng(5);
    std::vector<std::vector<uint16_t>> images(static_cast<size_t>(count));
    for (auto& image : images)
        for (int i = 0; i < chip.inputs(); ++i)
            image.push_back(static_cast<uint16_t>(rng.below(uint64_t{1} << chip.in_bits())));
    return images;
}

void renew_checksum(std::vector<uint32_t>& words) {
    uint32_t crc = 0;
    for (size_t i = 0; i + 1 < words.size(); ++i)
        for (int b = 0; b < 4; ++b) {
            const uint8_t byte = static_cast<uint8_t>(words[i] >> (8 * b));
            crc = crc32({&byte, 1}, crc);
        }
    words.back() = crc;
}

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

/// The material of every trial.
struct Scene {
    Chip chip = test_chip();
    Configuration first = test_configuration(chip, 1), second = test_configuration(chip, 2);
    std::vector<std::vector<uint16_t>> images = test_images(chip, 24);
    Stimulus stimulus{7, 0.2, 0.3, 0.1, true};
};

/// One healthy device against a reference, both perhaps given other data than the scene's.
std::optional<Difference> run_one(const Scene& scene, Device& device, const std::string& name,
                                  std::span<const uint32_t> words, Model& reference) {
    Bench bench(scene.chip, {&device}, {name}, scene.stimulus);
    bench.reset();
    bench.load({words, &reference});
    bench.select(0);
    return bench.run(scene.images).first_difference;
}

/// Loads with every fault that a chip must answer, each into the context that is not running.
std::vector<std::vector<uint32_t>> faulty_loads(const Scene& scene) {
    const std::vector<uint32_t> good = expand(scene.chip, scene.first, 1).words;
    std::vector<std::vector<uint32_t>> loads;
    const auto add = [&](auto change, bool checksum = true) {
        loads.push_back(good);
        change(loads.back());
        if (checksum) renew_checksum(loads.back());
    };
    using Words = std::vector<uint32_t>;
    add([](Words& w) { w[0] ^= 1; });
    add([](Words& w) { w[1] ^= 2; });
    add([](Words& w) { w[1] |= 2U << 8; });
    add([](Words& w) { w[1] |= 1U << 16; });
    add([](Words& w) { w[2] ^= 1U << 31; });
    add([](Words& w) { w[3] ^= 1; });
    add([](Words& w) { w[4] = 1; });
    add([](Words& w) { w[6] |= 9U; });
    add([](Words& w) { w[6] |= 7U << 16; });
    add([](Words& w) { w[6] |= 99U << 24; });
    add([](Words& w) { w[7] += 1U << 16; });
    add([](Words& w) { w[8] += 1; });
    add([](Words& w) { w.erase(w.end() - 6, w.end() - 2); });  // the record of classes is missing
    add([](Words& w) { w.pop_back(); }, false);
    add([](Words& w) { w.push_back(0); }, false);
    add([](Words& w) { w.back() ^= 1U << 17; }, false);
    return loads;
}

/// SystemC and RTL side by side through everything a chip does: two loads, one of them while images
/// run, a switch of context, faulty loads, a dropped image, a reset.
std::optional<Difference> run_pair(const Scene& scene, Device& systemc, Device& rtl) {
    const auto first_reference = make_reference(scene.chip, scene.first);
    const auto second_reference = make_reference(scene.chip, scene.second);
    const LoadStream first = expand(scene.chip, scene.first, 0);
    const LoadStream second = expand(scene.chip, scene.second, 1);
    Bench bench(scene.chip, {&systemc, &rtl}, {"systemc", "rtl"}, scene.stimulus);
    const auto done = [&] { return bench.first_difference().has_value(); };
    bench.reset();
    try {
        bench.load({first.words, first_reference.get()});
        bench.select(0);
        bench.run(scene.images, Reload{{second.words, second_reference.get()}, 6, 1});
        bench.select(1);
        bench.run(scene.images);
        if (done()) return bench.first_difference();
        bench.select(0);
        for (const auto& words : faulty_loads(scene)) {
            bench.load({words, nullptr});
            if (done()) return bench.first_difference();
        }
        // The running context is loaded anew: the images inside finish under the old load.
        const LoadStream again = expand(scene.chip, scene.second, 0);
        bench.run(scene.images, Reload{{again.words, second_reference.get()}, 6, -1});
        if (done()) return bench.first_difference();
        PinsIn wishes;  // context 1 holds no load after the faulty ones
        wishes.ctx_select = 1;
        for (int i = 0; i < 4; ++i)
            bench.tick(wishes);
        bench.select(0);
        PinsIn torn;  // the only beat of an image, without its tlast
        torn.pix_tvalid = torn.res_tready = true;
        bench.tick(torn);
        for (int i = 0; i < 4; ++i)
            bench.tick({});
        bench.reset();
        for (int i = 0; i < 4; ++i)
            bench.tick({});
    } catch (const Error& error) {
        // The watchdog of the bench: a device that stops is a difference as well.
        if (done()) return bench.first_difference();
        Difference stuck;
        stuck.cycle = bench.cycle();
        stuck.what = error.what();
        return stuck;
    }
    return bench.first_difference();
}

std::optional<Difference> run_rtl(const Scene& scene, const RtlDesign& design) {
    const auto systemc = make_systemc_device(scene.chip);
    const auto rtl = make_verilated_device(design);
    return run_pair(scene, *systemc, *rtl);
}

std::vector<Mutation> rtl_mutations(const Scene& scene) {
    std::vector<Mutation> mutations;
    for (const RtlMutation& change : all_rtl_mutations())
        mutations.push_back({fmt::format("{}: {}", change.file, change.name),
                             {change.layer, change.neuron},
                             [&scene, change] {
                                 RtlDesign design = design_of(scene.chip);
                                 apply(change, design);
                                 return run_rtl(scene, design);
                             }});
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
std::vector<Mutation> data_mutations(const Scene& scene) {
    std::vector<Mutation> mutations;
    const auto reference_of_scene = [&scene] { return make_reference(scene.chip, scene.first); };

    // A load stream changed on its way to a device.
    const auto add_stream = [&](std::string name, Place place, auto change) {
        for (const bool rtl : {false, true}) {
            mutations.push_back(
                {fmt::format("{}: {}", rtl ? "rtl load" : "systemc load", name), place,
                 [&scene, reference_of_scene, change, rtl] {
                     auto words = expand(scene.chip, scene.first, 0).words;
                     change(words);
                     renew_checksum(words);
                     const auto device = rtl ? make_verilated_device(design_of(scene.chip))
                                             : make_systemc_device(scene.chip);
                     const auto reference = reference_of_scene();
                     return run_one(scene, *device, rtl ? "rtl" : "systemc", words, *reference);
                 }});
        }
    };
    // The middle stage joins lines far apart, whose devices differ.
    const auto flip = [](uint32_t layer, uint32_t stage, size_t neuron, uint32_t bit) {
        return [=](std::vector<uint32_t>& words) {
            words[rows_of(words, layer, Section::switches, stage) + neuron] ^= 1U << bit;
        };
    };
    add_stream("switch 1 of stage 3, layer 0, neuron 4, flipped", {0, 4}, flip(0, 3, 4, 1));
    add_stream("switch 0 of stage 3, layer 1, neuron 1, flipped", {1, 1}, flip(1, 3, 1, 0));
    add_stream("switch 0 of stage 3, layer 2, neuron 2, flipped", {2, 2}, flip(2, 3, 2, 0));
    const auto add_register = [](uint32_t layer, size_t neuron, size_t word, uint32_t amount) {
        return [=](std::vector<uint32_t>& words) {
            words[rows_of(words, layer, Section::neuron_registers, 0) + 4 * neuron + word] +=
                amount;
        };
    };
    add_stream("b + 9, layer 0, neuron 6", {0, 6}, add_register(0, 6, 0, 9));
    add_stream("m + 300, layer 1, neuron 5", {1, 5}, add_register(1, 5, 1, 300));
    add_stream("rounding constant c + 2^13, layer 0, neuron 2", {0, 2},
               add_register(0, 2, 2, 1U << 13));
    add_stream("b + 1 of a logit, layer 2, neuron 0", {2, 0}, add_register(2, 0, 0, 1));
    add_stream("s + 1, layer 1", {1, -1}, [](std::vector<uint32_t>& words) {
        words[rows_of(words, 1, Section::layer_registers, 0)] += 1;
    });
    add_stream("zero point z + 1, layer 0", {0, -1}, [](std::vector<uint32_t>& words) {
        words[rows_of(words, 0, Section::layer_registers, 0) + 1] += 1;
    });
    add_stream("relu off, layer 0", {0, -1}, [](std::vector<uint32_t>& words) {
        words[rows_of(words, 0, Section::layer_registers, 0)] ^= 1U << 8;
    });

    // A device made with another value than the chip file says; it accepts loads for what it is.
    const auto add_device = [&](std::string name, Place place, auto change) {
        for (const bool rtl : {false, true}) {
            mutations.push_back(
                {fmt::format("{}: {}", rtl ? "rtl device" : "systemc device", name), place,
                 [&scene, reference_of_scene, change, rtl] {
                     Chip other = scene.chip;
                     change(other);
                     const uint64_t name_of_other = low_word(fingerprint(other));
                     auto words = expand(scene.chip, scene.first, 0).words;
                     words[2] = static_cast<uint32_t>(name_of_other);
                     words[3] = static_cast<uint32_t>(name_of_other >> 32);
                     renew_checksum(words);
                     const auto device =
                         rtl ? make_verilated_device(design_of(other)) : make_systemc_device(other);
                     const auto reference = reference_of_scene();
                     return run_one(scene, *device, rtl ? "rtl" : "systemc", words, *reference);
                 }});
        }
    };
    add_device("smallest device of the shared bank, layer 0, - 1", {0, -1},
               [](Chip& chip) { chip.layers[0].devices.front() -= 1; });
    add_device("smallest device of neuron 4, layer 1, - 1", {1, 4}, [](Chip& chip) {
        chip.layers[1].devices[static_cast<size_t>(4 * chip.layers[1].lines())] -= 1;
    });

    // The reference given other constants than the devices.
    const auto add_reference = [&](std::string name, Place place, auto change) {
        mutations.push_back({"reference: " + name, place, [&scene, change] {
                                 Configuration other = scene.first;
                                 change(other);
                                 const auto reference = make_reference(scene.chip, other);
                                 const auto device = make_systemc_device(scene.chip);
                                 return run_one(scene, *device, "systemc",
                                                expand(scene.chip, scene.first, 0).words,
                                                *reference);
                             }});
    };
    add_reference("rounding constant c + 2^13, layer 0, neuron 7", {0, 7},
                  [](Configuration& c) { c.layers[0].neurons[7].c += 1 << 13; });
    add_reference("shift s - 1, layer 1", {1, -1},
                  [](Configuration& c) { c.layers[1].registers.s -= 1; });
    add_reference("b + 1 of a logit, layer 2, neuron 3", {2, 3},
                  [](Configuration& c) { c.layers[2].neurons[3].b += 1; });
    return mutations;
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
    std::string only;
    bool list = false;
    for (int i = 1; i < argc; ++i) {
        if (!std::strcmp(argv[i], "--list")) {
            list = true;
        } else if (!std::strcmp(argv[i], "--only") && i + 1 < argc) {
            only = argv[++i];
        } else {
            std::cerr << "usage: mutate [--only TEXT] [--list]\n";
            return 2;
        }
    }
    const Scene scene;
    std::vector<Mutation> mutations = data_mutations(scene);
    for (Mutation& one : rtl_mutations(scene))
        mutations.push_back(std::move(one));
    std::erase_if(mutations,
                  [&](const Mutation& m) { return m.name.find(only) == std::string::npos; });
    if (list) {
        for (const Mutation& one : mutations)
            std::cout << one.name << '\n';
        return 0;
    }

    std::cout << "unchanged: " << std::flush;
    if (const auto difference = run_rtl(scene, design_of(scene.chip))) {
        std::cout << difference->describe() << "\nthe unchanged machine must agree first\n";
        return 1;
    }
    std::cout << "no difference\n";

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
