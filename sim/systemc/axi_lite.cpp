#include "sim/systemc/axi_lite.h"

namespace permloom::systemc {
namespace {

/// Registers by the number of their word.
enum : uint32_t {
    IDENTITY,
    VERSION,
    LAYERS,
    CONTEXTS,
    FINGERPRINT_LOW,
    FINGERPRINT_HIGH,
    STATE,
    SELECT,
    COMMAND,
    CYCLES_LOW,
    CYCLES_HIGH,
    IMAGES,
    RESULTS,
    DROPPED,
    ID_0,
    ID_1,
    REGISTERS
};

constexpr uint8_t OKAY = 0, SLVERR = 2;
constexpr uint32_t MAP_VERSION = 1;
constexpr uint8_t ALL_STROBES = 0xf;
constexpr uint32_t SELECT_BITS = 0x1ff;

uint32_t word_of(uint16_t address) {
    return (address & 0xfffU) >> 2;
}

}  // namespace

AxiLite::AxiLite(const sc_core::sc_module_name& name, const Chip& chip)
    : sc_module(name),
      layers_(static_cast<uint32_t>(chip.layers.size())),
      contexts_(static_cast<uint32_t>(chip.contexts)),
      fingerprint_(low_word(fingerprint(chip))) {
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void AxiLite::edge() {
    if (!rst_n->read()) {
        reset();
        return;
    }
    // What is read is what stood in the cycle that ends now: before the counters go on.
    step_read();
    count();
    step_write();
}

void AxiLite::reset() {
    write_ = {};
    read_answering_ = false;
    select_ = 0;
    cycles_ = 0;
    kept_high_ = 0;
    images_ = results_ = dropped_ = 0;
    awready->write(true);
    wready->write(true);
    bvalid->write(false);
    bresp->write(OKAY);
    arready->write(true);
    rvalid->write(false);
    rresp->write(OKAY);
    rdata->write(0);
    clear_pix_error->write(false);
    select->write(0);
}

void AxiLite::count() {
    ++cycles_;
    if (pixels->read().valid && pixels->read().last) ++images_;
    if (done->read().valid) ++results_;
    if (dropped->read().valid) ++dropped_;
}

void AxiLite::step_write() {
    const bool act_now = acts();
    const bool address = !write_.has_address && awvalid->read();
    const bool data = !write_.has_data && wvalid->read();
    const bool answered = write_.answering && bready->read();
    if (!act_now && !address && !data && !answered) return;
    if (answered) {
        write_.answering = false;
        bresp->write(OKAY);
    }
    if (act_now) act();
    if (address) {
        write_.has_address = true;
        write_.word = word_of(awaddr->read());
    }
    if (data) {
        write_.has_data = true;
        write_.data = wdata->read();
        write_.whole = wstrb->read() == ALL_STROBES;
    }
    awready->write(!write_.has_address);
    wready->write(!write_.has_data);
    bvalid->write(write_.answering);
    // A register of the pixel loader takes part in the cycle in which the command acts.
    clear_pix_error->write(acts() && write_.whole && write_.word == COMMAND &&
                           (write_.data & 1) != 0);
}

void AxiLite::act() {
    const bool good = write_.whole && writable(write_.word);
    if (good && write_.word == SELECT) {
        select_ = static_cast<uint16_t>(write_.data & SELECT_BITS);
        select->write(select_);
    }
    if (good && write_.word == COMMAND && (write_.data & 2) != 0) {
        cycles_ = 0;
        images_ = results_ = dropped_ = 0;
    }
    write_.has_address = write_.has_data = false;
    write_.answering = true;
    bresp->write(good ? OKAY : SLVERR);
}

void AxiLite::step_read() {
    if (read_answering_) {
        if (!rready->read()) return;
        read_answering_ = false;
        rdata->write(0);
        rresp->write(OKAY);
    } else {
        if (!arvalid->read()) return;
        read_answering_ = true;
        const uint32_t word = word_of(araddr->read());
        rdata->write(value(word));
        rresp->write(word < REGISTERS ? OKAY : SLVERR);
        if (word == CYCLES_LOW) kept_high_ = static_cast<uint32_t>(cycles_ >> 32);
    }
    rvalid->write(read_answering_);
    arready->write(!read_answering_);
}

bool AxiLite::writable(uint32_t word) const {
    return word == SELECT || word == COMMAND;
}

uint32_t AxiLite::value(uint32_t word) const {
    switch (word) {
        case IDENTITY:
            return LOAD_MAGIC;
        case VERSION:
            return MAP_VERSION;
        case LAYERS:
            return layers_;
        case CONTEXTS:
            return contexts_;
        case FINGERPRINT_LOW:
            return static_cast<uint32_t>(fingerprint_);
        case FINGERPRINT_HIGH:
            return static_cast<uint32_t>(fingerprint_ >> 32);
        case STATE:
            return ctx_active->read() | static_cast<uint32_t>(ctx_valid->read()) << 8 |
                   static_cast<uint32_t>(load_error->read()) << 16 |
                   static_cast<uint32_t>(loading->read()) << 24 |
                   static_cast<uint32_t>(pix_error->read()) << 25;
        case SELECT:
            return select_;
        case CYCLES_LOW:
            return static_cast<uint32_t>(cycles_);
        case CYCLES_HIGH:
            return kept_high_;
        case IMAGES:
            return images_;
        case RESULTS:
            return results_;
        case DROPPED:
            return dropped_;
        case ID_0:
            return static_cast<uint32_t>(ctx_id->read());
        case ID_1:
            return static_cast<uint32_t>(ctx_id->read() >> 32);
        default:
            return 0;
    }
}

}  // namespace permloom::systemc
