#include "tools/dev/mutation_trials.h"

#include <memory>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/rng.h"
#include "compiler/program/expand.h"
#include "compiler/program/load_stream.h"
#include "compiler/program/patch.h"
#include "sim/bench/bench.h"
#include "sim/reference/reference.h"

namespace permloom {
namespace {

using Words = std::vector<uint32_t>;

/// Loads with every fault that a chip must answer, each into the context that is not running.
std::vector<Words> faulty_loads(const Scene& scene) {
    const Words good = expand(scene.chip, scene.first, 1).words;
    std::vector<Words> loads;
    const auto add = [&](auto change, bool checksum = true) {
        loads.push_back(good);
        change(loads.back());
        if (checksum) renew_checksum(loads.back());
    };
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

/// Everything a chip does: two loads, one of them while images run, a switch of context, faulty
/// loads, a dropped image, a reset.
void usual_trial(const Scene& scene, Bench& bench) {
    const auto first_reference = make_reference(scene.chip, scene.first);
    const auto second_reference = make_reference(scene.chip, scene.second);
    const LoadStream first = expand(scene.chip, scene.first, 0);
    const LoadStream second = expand(scene.chip, scene.second, 1);
    const auto done = [&] { return bench.first_difference().has_value(); };
    bench.load({first.words, first_reference.get()});
    bench.select(0);
    bench.run(scene.images, Reload{{second.words, second_reference.get()}, 6, 1});
    bench.select(1);
    bench.run(scene.images);
    if (done()) return;
    bench.select(0);
    for (const Words& words : faulty_loads(scene)) {
        bench.load({words, nullptr});
        if (done()) return;
    }
    // The running context is loaded anew: the images inside finish under the old load.
    const LoadStream again = expand(scene.chip, scene.second, 0);
    bench.run(scene.images, Reload{{again.words, second_reference.get()}, 6, -1});
    if (done()) return;
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
}

/// A load of one context with what it makes of the chip.
struct Function {
    LoadStream stream;
    std::unique_ptr<Model> reference;

    Function(const Chip& chip, const Configuration& configuration, int context)
        : stream(expand(chip, configuration, context)),
          reference(make_reference(chip, configuration)) {}
};

/// `patch` with every fault that a patch can have.
std::vector<Words> faulty_patches(const Words& patch) {
    std::vector<Words> patches;
    const auto add = [&](auto change, bool checksum = true) {
        patches.push_back(patch);
        change(patches.back());
        if (checksum) renew_checksum(patches.back());
    };
    add([](Words& w) { w[4] ^= 1U << 9; });
    add([](Words& w) { w[5] = 1; });
    add([](Words& w) { w[1] &= ~LOAD_PATCH; });  // a full load names no base
    add([](Words& w) {                           // no row
        w.resize(LOAD_HEADER_WORDS + 2);
        w[LOAD_HEADER_WORDS] = LOAD_END;
    });
    add([](Words& w) { w.back() ^= 1U << 3; }, false);
    return patches;
}

/// All registers, and addresses that are none.
void read_registers(Bench& bench) {
    for (uint16_t address = 0; address < 0x40; address += 4)
        bench.access({.address = address});
    for (const uint16_t address : {0x40, 0x7c, 0x100, 0x818})
        bench.access({.address = address});
}

/// Any pins of the control port and of the pixel stream, whose images break off anywhere.
void control_storm(Bench& bench) {
    constexpr int CYCLES = 6000;
    Rng rng(11);
    for (int cycle = 0; cycle < CYCLES; ++cycle) {
        PinsIn in;
        in.res_tready = rng.chance(0.7);
        in.pix_tvalid = rng.chance(0.7);
        in.pix_tlast = rng.chance(0.4);
        in.pix_tdata = rng.next();
        in.ctx_select = static_cast<uint8_t>(rng.below(2));
        in.control.awvalid = rng.chance(0.3);
        in.control.wvalid = rng.chance(0.3);
        in.control.arvalid = rng.chance(0.3);
        in.control.bready = rng.chance(0.5);
        in.control.rready = rng.chance(0.5);
        in.control.awaddr = static_cast<uint16_t>(
            rng.below(3) == 0 ? rng.below(0x1000) : ControlRegister::select + 4 * rng.below(2));
        in.control.araddr = static_cast<uint16_t>(rng.below(0x48));
        in.control.wdata = static_cast<uint32_t>(rng.next());
        in.control.wstrb = static_cast<uint8_t>(rng.below(4) == 0 ? rng.below(16) : 15);
        bench.tick(in);
    }
}

/// Patches in mid-stream, in a chain and in error, the choice of a context over the control port,
/// and all that its registers show of it.
void control_trial(const Scene& scene, Bench& bench) {
    Configuration changed_layer = scene.first;
    changed_layer.layers[1] = scene.second.layers[1];
    Configuration changed_neuron = changed_layer;
    changed_neuron.layers[0].neurons[2] = scene.second.layers[0].neurons[2];
    const Function first(scene.chip, scene.first, 0), second(scene.chip, scene.second, 1);
    const Function layer(scene.chip, changed_layer, 0), neuron(scene.chip, changed_neuron, 0);
    const Words& held = first.stream.words;
    const Words to_layer = make_patch(first.stream, layer.stream, held.back()).words;
    const Words to_neuron = make_patch(layer.stream, neuron.stream, to_layer.back()).words;

    const auto done = [&] { return bench.first_difference().has_value(); };
    const auto write = [&](uint16_t address, uint32_t data, uint8_t strobe = 0xf) {
        bench.access({.write = true, .address = address, .data = data, .strobe = strobe});
    };
    read_registers(bench);
    bench.load({held, first.reference.get()});
    bench.load({second.stream.words, second.reference.get()});
    read_registers(bench);
    bench.select(0);
    bench.run(scene.images, Reload{{to_layer, layer.reference.get()}, 6, -1});
    read_registers(bench);
    if (done()) return;

    write(ControlRegister::select, 0x101);
    write(ControlRegister::select, 0x000, 0x7);
    write(ControlRegister::state, 0x000);
    bench.run(scene.images);
    write(ControlRegister::select, 0x100);
    bench.run(scene.images, Reload{{to_neuron, neuron.reference.get()}, 3, -1});
    read_registers(bench);
    write(ControlRegister::select, 0x001);
    if (done()) return;

    PinsIn header;  // a load that breaks off behind its third word
    header.cfg_tvalid = true;
    for (int i = 0; i < 3; ++i) {
        header.cfg_tdata = held[static_cast<size_t>(i)];
        bench.tick(header);
        bench.access({.address = ControlRegister::state});
    }
    header.cfg_tlast = true;
    bench.tick(header);
    for (const Words& patch : faulty_patches(to_layer)) {
        bench.load({held, first.reference.get()});
        bench.load({patch, nullptr});
        // Behind some of them the context has lost its load, and there is nothing to patch.
        bench.load({to_layer, layer.reference.get()});
        read_registers(bench);
        if (done()) return;
    }
    bench.load({held, first.reference.get()});
    write(ControlRegister::command, 2);
    bench.run(scene.images);
    read_registers(bench);
    if (done()) return;
    control_storm(bench);
    bench.reset();
    read_registers(bench);
}

}  // namespace

std::optional<Difference> run_trial(const Scene& scene, Device& systemc, Device& rtl) {
    Bench bench(scene.chip, {&systemc, &rtl}, {"systemc", "rtl"}, scene.stimulus);
    bench.reset();
    try {
        scene.name == SceneName::control ? control_trial(scene, bench) : usual_trial(scene, bench);
    } catch (const Error& error) {
        // The watchdog of the bench.
        if (bench.first_difference()) return bench.first_difference();
        Difference stuck;
        stuck.cycle = bench.cycle();
        stuck.what = error.what();
        return stuck;
    }
    return bench.first_difference();
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

}  // namespace permloom
