/// Device descriptions, models/devices/*.yaml: how physical devices, switches and converters differ
/// from what the compiler assumes, and what they cost. Every key is required; what a technology
/// does not have is 0 (or .inf where so stated).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/spec/network.h"

namespace permloom {

/// How the conductances of a slot, which are positive, make a value with a sign. A bank without
/// negative values, and a bank of rail split, whose negative values are devices on the complement
/// rail, have one conductance a slot whatever this says.
enum class SignScheme {
    pair,    ///< two devices a slot, the difference of their currents
    offset,  ///< one device a slot, from which the conductance of value 0 is taken away
    carried  ///< one device a slot that carries the sign itself (the phase of light)
};

enum class SpreadKind {
    gaussian,  ///< g * (1 + deviation * N(0, 1)), cut at 0
    lognormal  ///< g * exp(deviation * N(0, 1)): the median stays
};

/// Of every single device, anew for each chip or each read. Conductances count in steps: that of
/// the device value 1 is 1.
struct DeviceEffects {
    SignScheme sign = SignScheme::pair;
    double on_off_ratio = 0.0;  ///< largest conductance over that of value 0; infinite: 0 is 0
    SpreadKind spread_kind = SpreadKind::gaussian;
    double spread = 0.0;       ///< relative standard deviation of each device
    double additive = 0.0;     ///< standard deviation of each device, parts of the largest value
    double stuck_open = 0.0;   ///< rate of devices with conductance 0
    double stuck_short = 0.0;  ///< rate of devices with conductance short_conductance
    double short_conductance = 1.0;  ///< parts of the largest conductance
    double dead = 0.0;               ///< rate of slots that contribute nothing at all
    double read_noise = 0.0;  ///< relative standard deviation of a device, anew in every read
    /// g(t) = g * (t / drift_reference)^-nu, nu = drift_exponent + drift_deviation * N(0, 1) of
    /// each device.
    double drift_exponent = 0.0, drift_deviation = 0.0;
    double drift_reference = 1.0;           ///< seconds
    double temperature_coefficient = 0.0;   ///< relative change of a conductance per kelvin
    double temperature_reference = 298.15;  ///< kelvin
};

struct SwitchEffects {
    double insertion_loss_db = 0.0;  ///< power lost in each switch or crosspoint passed
    double crosstalk_db = 0.0;  ///< power at the wrong output of a switch below that at the right
                                ///< one, in dB, positive; infinite: none
    double stuck_straight = 0.0, stuck_crossed = 0.0;  ///< rates of switches
};

struct ArrayEffects {
    /// Of the wire between two neighbouring slots, in parts of the resistance of the largest
    /// conductance; first order, the sum is taken at the end of slot 0.
    double line_resistance = 0.0;
};

struct ConverterEffects {
    int dac_bits = 0;             ///< 0: as many as the input code
    int adc_bits = 0;             ///< 0: every sum is read exactly
    bool adc_full_range = false;  ///< else calibrated: what sums of profiling images span
    double adc_noise = 0.0;  ///< standard deviation at the input of the ADC, parts of its range
};

struct Operation {
    double seconds = 1.0;    ///< since the devices were made or measured
    double kelvin = 298.15;  ///< at the time of the inference
};

/// Energy (joule), delay (second) and area (square metre) of one of a kind, of one use.
struct PartCost {
    double energy = 0.0, delay = 0.0, area = 0.0;
};

/// An array whose devices are written anew for each function, to compare with.
struct RewritableCost {
    double write_energy = 0.0, write_delay = 0.0;    ///< one pulse of one device
    double verify_energy = 0.0, verify_delay = 0.0;  ///< one read of one device behind it
    double rounds = 1.0;     ///< pulses with their reads until a device is right, mean
    double parallel = 1.0;   ///< devices written at a time
    double endurance = 0.0;  ///< pulses that a device lives for
};

struct DeviceCost {
    PartCost device;     ///< one device, one read
    PartCost switching;  ///< one switch, one pass
    PartCost dac, adc;   ///< one conversion
    PartCost load_bit;   ///< one bit of a configuration, loaded
    RewritableCost rewritable;
};

struct DeviceModel {
    std::string name, about;
    DeviceEffects device;
    ArrayEffects array;
    ConverterEffects converter;
    SwitchEffects switching;
    Operation operation;
    DeviceCost cost;
};

/// Throws Error as parse_network does. `overrides`: dotted keys, as of `--set`.
DeviceModel parse_device_model(std::string_view yaml, const std::string& origin,
                               const std::vector<Override>& overrides = {});

std::string_view to_string(SignScheme sign);
/// Throws a usage Error for anything but a name of a scheme.
SignScheme sign_scheme_from_string(const std::string& name, const std::string& where);

}  // namespace permloom
