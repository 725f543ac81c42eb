#include "tools/permloom/physical_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "compiler/base/error.h"
#include "sim/physical/effects.h"
#include "tools/permloom/integer_run.h"

namespace permloom::cli {
namespace {

constexpr int PROFILE_IMAGES = 200;

}  // namespace

void add_physical_options(Options& options) {
    add_device_options(options, "ideal");
    options
        .repeatable("set", "key=value",
                    "physical: replace one key of the device description, dotted; repeatable")
        .value("devices", "FILE.devices", "physical: this fabricated copy in place of random ones")
        .value("trials", "N", "physical: chips drawn (with --devices: runs); default 10 (1)")
        .value("without", "NAMES",
               "physical: effects that are switched off, for example read_noise,adc");
}

void refuse_physical_options(const Values& values) {
    for (const char* option : {"device", "devices", "banks", "set", "trials", "without"})
        if (values.given(option))
            throw Error(fmt::format("--{}", option), "only the physical model has devices",
                        "add --dut physical or physical-systemc", ErrorKind::usage);
}

void refuse_option(const Values& values, const std::string& option, const std::string& why) {
    const bool set = option == "patch" ? values.flag(option) : values.given(option);
    if (set)
        throw Error("--" + option, why, "leave it out with --dut " + values.text("dut"),
                    ErrorKind::usage);
}

PhysicalTask read_physical_task(const Values& values) {
    PhysicalTask task;
    task.model =
        without(read_device_model(values), split_names(values.text("without")), "--without");
    if (values.has("devices"))
        task.copy = load_chip_copy(values.text("devices"), values.text("chip"), 1.0);
    task.program =
        load_program(values.list("FILE.plc").front(),
                     task.copy ? task.copy->chip_path : std::filesystem::path(values.text("chip")),
                     task.copy ? &task.copy->instance : nullptr);
    task.data = load_data(values.text("data"), needs_of(task.program));
    const InputSpec& input = task.program.configuration.input;
    const int all = task.data.test.count;
    const int count =
        values.has("count") ? static_cast<int>(values.integer("count", 1, INT32_MAX)) : all;
    task.codes = codes_of(task.data.test, std::min(count, all), input);
    task.profile =
        codes_of(task.data.train, std::min(PROFILE_IMAGES, task.data.train.count), input);
    task.draws.seed = static_cast<uint64_t>(values.integer("seed", 0, INT64_MAX));
    task.draws.sharing = read_sharing(values);
    return task;
}

}  // namespace permloom::cli
