#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/spec/library.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;
using Catch::Contains;

namespace {

/// Every value differs from every other, so that none can be read in the place of another.
constexpr char EXAMPLE[] = R"(name: example
about: every value is its own
device:
  sign: offset
  on_off_ratio: 40
  spread: {distribution: lognormal, deviation: 0.5}
  additive: 0.01
  stuck_open: 0.02
  stuck_short: 0.03
  short_conductance: 1.5
  dead: 0.04
  read_noise: 0.05
  drift: {exponent: 0.06, deviation: 0.07, reference_seconds: 20}
  temperature: {coefficient: -0.08, reference_kelvin: 300}
array:
  line_resistance: 0.09
switch:
  insertion_loss_db: 0.11
  crosstalk_db: 25
  stuck_straight: 0.12
  stuck_crossed: 0.13
converter:
  dac_bits: 6
  adc_bits: 8
  adc_range: full
  adc_noise: 0.14
operation:
  seconds: 86400
  kelvin: 310
cost:
  device: {energy: 1e-15, delay: 1e-9, area: 1e-13}
  switch: {energy: 2e-15, delay: 2e-9, area: 2e-13}
  dac: {energy: 3e-15, delay: 3e-9, area: 3e-13}
  adc: {energy: 4e-15, delay: 4e-9, area: 4e-13}
  load_bit: {energy: 5e-15, delay: 5e-9, area: 5e-13}
  rewritable:
    write_energy: 6e-12
    write_delay: 6e-8
    verify_energy: 7e-12
    verify_delay: 7e-8
    rounds: 8
    parallel: 128
    endurance: 1e6
)";

std::string example_with(const std::string& old_text, const std::string& new_text) {
    std::string text = EXAMPLE;
    const size_t at = text.find(old_text);
    REQUIRE(at != std::string::npos);
    return text.replace(at, old_text.size(), new_text);
}

std::string message(const std::string& yaml, const std::vector<Override>& overrides = {}) {
    try {
        parse_device_model(yaml, "d.yaml", overrides);
    } catch (const Error& error) {
        CHECK(!error.hint().empty());
        return error.what();
    }
    return "accepted";
}

std::string set(const std::string& key, const std::string& value) {
    return message(EXAMPLE, {{key, value}});
}

void check_all_zero(const PartCost& cost) {
    CHECK(cost.energy == 0.0);
    CHECK(cost.delay == 0.0);
    CHECK(cost.area == 0.0);
}

}  // namespace

TEST_CASE("device model -- reads every field") {
    const DeviceModel model = parse_device_model(EXAMPLE, "d.yaml");
    CHECK(model.name == "example");
    CHECK(model.about == "every value is its own");
    CHECK(model.device.sign == SignScheme::offset);
    CHECK(model.device.on_off_ratio == 40.0);
    CHECK(model.device.spread_kind == SpreadKind::lognormal);
    CHECK(model.device.spread == 0.5);
    CHECK(model.device.additive == 0.01);
    CHECK(model.device.stuck_open == 0.02);
    CHECK(model.device.stuck_short == 0.03);
    CHECK(model.device.short_conductance == 1.5);
    CHECK(model.device.dead == 0.04);
    CHECK(model.device.read_noise == 0.05);
    CHECK(model.device.drift_exponent == 0.06);
    CHECK(model.device.drift_deviation == 0.07);
    CHECK(model.device.drift_reference == 20.0);
    CHECK(model.device.temperature_coefficient == -0.08);
    CHECK(model.device.temperature_reference == 300.0);
    CHECK(model.array.line_resistance == 0.09);
    CHECK(model.switching.insertion_loss_db == 0.11);
    CHECK(model.switching.crosstalk_db == 25.0);
    CHECK(model.switching.stuck_straight == 0.12);
    CHECK(model.switching.stuck_crossed == 0.13);
    CHECK(model.converter.dac_bits == 6);
    CHECK(model.converter.adc_bits == 8);
    CHECK(model.converter.adc_full_range);
    CHECK(model.converter.adc_noise == 0.14);
    CHECK(model.operation.seconds == 86400.0);
    CHECK(model.operation.kelvin == 310.0);
    const std::vector<PartCost> parts = {model.cost.device, model.cost.switching, model.cost.dac,
                                         model.cost.adc, model.cost.load_bit};
    for (size_t i = 0; i < parts.size(); ++i) {
        const double factor = static_cast<double>(i) + 1.0;
        CHECK(parts[i].energy == Approx(factor * 1e-15));
        CHECK(parts[i].delay == Approx(factor * 1e-9));
        CHECK(parts[i].area == Approx(factor * 1e-13));
    }
    CHECK(model.cost.rewritable.write_energy == 6e-12);
    CHECK(model.cost.rewritable.write_delay == 6e-8);
    CHECK(model.cost.rewritable.verify_energy == 7e-12);
    CHECK(model.cost.rewritable.verify_delay == 7e-8);
    CHECK(model.cost.rewritable.rounds == 8.0);
    CHECK(model.cost.rewritable.parallel == 128.0);
    CHECK(model.cost.rewritable.endurance == 1e6);
}

TEST_CASE("device model -- words and infinities") {
    const auto with = [](const std::string& key, const std::string& value) {
        return parse_device_model(EXAMPLE, "d.yaml", {{key, value}});
    };
    CHECK(with("device.sign", "pair").device.sign == SignScheme::pair);
    CHECK(with("device.sign", "carried").device.sign == SignScheme::carried);
    CHECK(with("device.spread.distribution", "gaussian").device.spread_kind ==
          SpreadKind::gaussian);
    CHECK(!with("converter.adc_range", "calibrated").converter.adc_full_range);
    CHECK(std::isinf(with("device.on_off_ratio", ".inf").device.on_off_ratio));
    CHECK(std::isinf(with("switch.crosstalk_db", ".inf").switching.crosstalk_db));
    CHECK(std::isinf(with("cost.rewritable.endurance", ".inf").cost.rewritable.endurance));
    CHECK(with("device.dead", "1/4").device.dead == 0.25);
}

TEST_CASE("device model -- a missing key is named by its place") {
    const std::vector<std::pair<std::string, std::string>> required = {
        {"name: example\n", "d.yaml: key 'name' is missing"},
        {"about: every value is its own\n", "d.yaml: key 'about' is missing"},
        {"  sign: offset\n", "d.yaml:3: device: key 'sign' is missing"},
        {"  on_off_ratio: 40\n", "d.yaml:3: device: key 'on_off_ratio' is missing"},
        {"distribution: lognormal, ", "d.yaml:6: device.spread: key 'distribution' is missing"},
        {", deviation: 0.5", "d.yaml:6: device.spread: key 'deviation' is missing"},
        {"  additive: 0.01\n", "d.yaml:3: device: key 'additive' is missing"},
        {"  stuck_open: 0.02\n", "d.yaml:3: device: key 'stuck_open' is missing"},
        {"  stuck_short: 0.03\n", "d.yaml:3: device: key 'stuck_short' is missing"},
        {"  short_conductance: 1.5\n", "d.yaml:3: device: key 'short_conductance' is missing"},
        {"  dead: 0.04\n", "d.yaml:3: device: key 'dead' is missing"},
        {"  read_noise: 0.05\n", "d.yaml:3: device: key 'read_noise' is missing"},
        {"exponent: 0.06, ", "d.yaml:13: device.drift: key 'exponent' is missing"},
        {"deviation: 0.07, ", "d.yaml:13: device.drift: key 'deviation' is missing"},
        {", reference_seconds: 20", "d.yaml:13: device.drift: key 'reference_seconds' is missing"},
        {"coefficient: -0.08, ", "d.yaml:14: device.temperature: key 'coefficient' is missing"},
        {", reference_kelvin: 300",
         "d.yaml:14: device.temperature: key 'reference_kelvin' is missing"},
        {"array:\n  line_resistance: 0.09\n", "d.yaml: key 'array' is missing"},
        {"  insertion_loss_db: 0.11\n", "d.yaml:17: switch: key 'insertion_loss_db' is missing"},
        {"  crosstalk_db: 25\n", "d.yaml:17: switch: key 'crosstalk_db' is missing"},
        {"  stuck_straight: 0.12\n", "d.yaml:17: switch: key 'stuck_straight' is missing"},
        {"  stuck_crossed: 0.13\n", "d.yaml:17: switch: key 'stuck_crossed' is missing"},
        {"  dac_bits: 6\n", "d.yaml:22: converter: key 'dac_bits' is missing"},
        {"  adc_bits: 8\n", "d.yaml:22: converter: key 'adc_bits' is missing"},
        {"  adc_range: full\n", "d.yaml:22: converter: key 'adc_range' is missing"},
        {"  adc_noise: 0.14\n", "d.yaml:22: converter: key 'adc_noise' is missing"},
        {"  seconds: 86400\n", "d.yaml:27: operation: key 'seconds' is missing"},
        {"  kelvin: 310\n", "d.yaml:27: operation: key 'kelvin' is missing"},
        {"energy: 1e-15, ", "d.yaml:31: cost.device: key 'energy' is missing"},
        {", delay: 2e-9", "d.yaml:32: cost.switch: key 'delay' is missing"},
        {", area: 3e-13", "d.yaml:33: cost.dac: key 'area' is missing"},
        {"  adc: {energy: 4e-15, delay: 4e-9, area: 4e-13}\n",
         "d.yaml:30: cost: key 'adc' is missing"},
        {"energy: 5e-15, ", "d.yaml:35: cost.load_bit: key 'energy' is missing"},
        {"    write_energy: 6e-12\n", "d.yaml:36: cost.rewritable: key 'write_energy' is missing"},
        {"    write_delay: 6e-8\n", "d.yaml:36: cost.rewritable: key 'write_delay' is missing"},
        {"    verify_energy: 7e-12\n",
         "d.yaml:36: cost.rewritable: key 'verify_energy' is missing"},
        {"    verify_delay: 7e-8\n", "d.yaml:36: cost.rewritable: key 'verify_delay' is missing"},
        {"    rounds: 8\n", "d.yaml:36: cost.rewritable: key 'rounds' is missing"},
        {"    parallel: 128\n", "d.yaml:36: cost.rewritable: key 'parallel' is missing"},
        {"    endurance: 1e6\n", "d.yaml:36: cost.rewritable: key 'endurance' is missing"},
    };
    for (const auto& [text, expected] : required)
        CHECK_THAT(message(example_with(text, "")), Contains(expected));
}

TEST_CASE("device model -- an unknown key is refused, with the nearest one") {
    CHECK_THAT(message(example_with("name: example", "nam: example")),
               Contains("d.yaml:1: nam: unknown key, did you mean 'name'?"));
    CHECK_THAT(message(example_with("stuck_open", "stuck_opn")),
               Contains("d.yaml:8: device.stuck_opn: unknown key, did you mean 'stuck_open'?"));
    CHECK_THAT(
        message(example_with("deviation: 0.5", "deviaton: 0.5")),
        Contains("d.yaml:6: device.spread.deviaton: unknown key, did you mean 'deviation'?"));
    CHECK_THAT(message(example_with("endurance", "endurence")),
               Contains("cost.rewritable.endurence: unknown key, did you mean 'endurance'?"));
    CHECK_THAT(message(example_with("  dead: 0.04\n", "  dead: 0.04\n  dead: 0.05\n")),
               Contains("device.dead: is given twice"));
    CHECK_THAT(message(example_with("array:\n  line_resistance: 0.09", "array: 0.09")),
               Contains("d.yaml:15: array: must be a map of keys and values"));
}

TEST_CASE("device model -- overrides go by the path of a key") {
    const DeviceModel model = parse_device_model(
        EXAMPLE, "d.yaml", {{"device.spread.deviation", "0.7"}, {"cost.adc.energy", "9e-12"}});
    CHECK(model.device.spread == 0.7);
    CHECK(model.cost.adc.energy == 9e-12);
    CHECK(model.cost.adc.delay == 4e-9);
    CHECK_THAT(set("device.spread.deviaton", "1"),
               Contains("--set device.spread.deviaton: unknown key, did you mean "
                        "'device.spread.deviation'?"));
    CHECK_THAT(set("adc_bits", "4"), Contains("did you mean 'converter.adc_bits'?"));
    CHECK_THAT(set("device.dead", "2"),
               Contains("--set device.dead: is 2, must be at least 0 and at most 1"));
}

TEST_CASE("device model -- values out of range are refused by file, line and key") {
    CHECK_THAT(message(example_with("additive: 0.01", "additive: -1")),
               Contains("d.yaml:7: device.additive: is -1, must be at least 0"));
    const std::string part = "must be at least 0 and at most 1";
    for (const char* key : {"device.stuck_open", "device.stuck_short", "device.dead",
                            "switch.stuck_straight", "switch.stuck_crossed"}) {
        CHECK_THAT(set(key, "-0.1"), Contains(part));
        CHECK_THAT(set(key, "1.1"), Contains(part));
    }
    for (const char* key :
         {"device.spread.deviation", "device.additive", "device.short_conductance",
          "device.read_noise", "device.drift.deviation", "array.line_resistance",
          "switch.insertion_loss_db", "switch.crosstalk_db", "converter.adc_noise",
          "cost.rewritable.write_energy", "cost.rewritable.write_delay",
          "cost.rewritable.verify_energy", "cost.rewritable.verify_delay"}) {
        CHECK_THAT(set(key, "-0.1"), Contains("is -0.1, must be at least 0"));
        CHECK(set(key, "0") == "accepted");
    }
    for (const char* of : {"device", "switch", "dac", "adc", "load_bit"})
        for (const char* what : {"energy", "delay", "area"})
            CHECK_THAT(set(std::string("cost.") + of + "." + what, "-1"),
                       Contains("is -1, must be at least 0"));
    for (const char* key : {"device.drift.reference_seconds", "device.temperature.reference_kelvin",
                            "operation.seconds", "operation.kelvin"}) {
        CHECK_THAT(set(key, "0"), Contains("is 0, must be above 0"));
        CHECK(set(key, "0.1") == "accepted");
    }
    for (const char* key :
         {"cost.rewritable.rounds", "cost.rewritable.parallel", "cost.rewritable.endurance"}) {
        CHECK_THAT(set(key, "0.9"), Contains("is 0.9, must be at least 1"));
        CHECK(set(key, "1") == "accepted");
    }
    CHECK_THAT(set("device.on_off_ratio", "1"), Contains("is 1, must be above 1"));
    for (const char* key : {"converter.dac_bits", "converter.adc_bits"}) {
        CHECK_THAT(set(key, "-1"), Contains("is -1, must be 0 to 24"));
        CHECK_THAT(set(key, "25"), Contains("is 25, must be 0 to 24"));
        CHECK_THAT(set(key, "7.5"), Contains("'7.5' is not a whole number"));
    }
    CHECK(set("device.drift.exponent", "-0.1") == "accepted");
    CHECK_THAT(set("switch.stuck_straight", "0.9"),
               Contains("switch.stuck_crossed: more switches are stuck than there are"));
}

TEST_CASE("device model -- what is no number or no such word is refused") {
    CHECK_THAT(set("device.sign", "pairs"),
               Contains("device.sign: 'pairs' is none of pair, offset, carried, did you mean "
                        "'pair'?"));
    CHECK_THAT(set("device.spread.distribution", "normal"),
               Contains("'normal' is none of gaussian, lognormal"));
    CHECK_THAT(set("converter.adc_range", "auto"), Contains("'auto' is none of calibrated, full"));
    CHECK_THAT(set("device.additive", ".nan"), Contains("'.nan' is not a number"));
    CHECK_THAT(set("device.additive", ".inf"), Contains("'.inf' is not a number"));
    CHECK_THAT(set("device.on_off_ratio", "-.inf"),
               Contains("'-.inf' is not a number") && Contains("or .inf, infinite"));
    CHECK_THAT(set("operation.kelvin", "[300]"), Contains("operation.kelvin: must be a number"));
    CHECK_THAT(message("- 1\n"), Contains("no keys at the top level"));
    CHECK_THROWS_WITH(sign_scheme_from_string("offse", "--sign"),
                      Contains("--sign") && Contains("did you mean 'offset'?"));
}

TEST_CASE("library -- device descriptions are found by name or path") {
    CHECK(device_names() ==
          std::vector<std::string>{"ideal", "photonic-mzi", "resistor-array", "rom-rram"});
    for (const std::string& name : device_names()) {
        INFO(name);
        const DeviceModel model = load_device_model(name);
        CHECK(model.name == name);
        CHECK(model.about.size() > 10);
    }
    CHECK(load_device_model("ideal", {{"device.dead", "0.5"}}).device.dead == 0.5);
    CHECK_THROWS_WITH(load_device_model("idea"), Contains("did you mean 'ideal'?"));
    const permloom::testing::TemporaryDirectory directory;
    const auto path = directory / "mine.yaml";
    write_file(path, EXAMPLE);
    CHECK(load_device_model(path.string()).name == "example");
    CHECK_THROWS_WITH(load_device_model((directory / "none.yaml").string()),
                      Contains("cannot open"));
}

TEST_CASE("library -- the ideal device has no effect and costs nothing") {
    const DeviceModel ideal = load_device_model("ideal");
    CHECK(std::isinf(ideal.device.on_off_ratio));
    CHECK(ideal.device.spread == 0.0);
    CHECK(ideal.device.additive == 0.0);
    CHECK(ideal.device.stuck_open == 0.0);
    CHECK(ideal.device.stuck_short == 0.0);
    CHECK(ideal.device.dead == 0.0);
    CHECK(ideal.device.read_noise == 0.0);
    CHECK(ideal.device.drift_exponent == 0.0);
    CHECK(ideal.device.drift_deviation == 0.0);
    CHECK(ideal.device.temperature_coefficient == 0.0);
    CHECK(ideal.array.line_resistance == 0.0);
    CHECK(ideal.switching.insertion_loss_db == 0.0);
    CHECK(std::isinf(ideal.switching.crosstalk_db));
    CHECK(ideal.switching.stuck_straight == 0.0);
    CHECK(ideal.switching.stuck_crossed == 0.0);
    CHECK(ideal.converter.dac_bits == 0);
    CHECK(ideal.converter.adc_bits == 0);
    CHECK(ideal.converter.adc_noise == 0.0);
    for (const PartCost& cost : {ideal.cost.device, ideal.cost.switching, ideal.cost.dac,
                                 ideal.cost.adc, ideal.cost.load_bit})
        check_all_zero(cost);
    CHECK(ideal.cost.rewritable.write_energy == 0.0);
    CHECK(ideal.cost.rewritable.write_delay == 0.0);
    CHECK(ideal.cost.rewritable.verify_energy == 0.0);
    CHECK(ideal.cost.rewritable.verify_delay == 0.0);
    CHECK(std::isinf(ideal.cost.rewritable.endurance));
}
