#include "tools/permloom/study/fabricated.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/passes/measured.h"
#include "compiler/passes/pipeline.h"
#include "compiler/perm/circuits.h"
#include "compiler/program/expand.h"
#include "compiler/spec/library.h"
#include "compiler/train/measured.h"
#include "compiler/train/trainer.h"
#include "sim/physical/monte_carlo.h"
#include "tools/permloom/input_statistics.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/integer_run.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

constexpr int MOMENT_IMAGES = 2000, PROFILE_IMAGES = 200;

Sharing sharing_of(const std::string& banks) {
    return banks == "neuron"  ? Sharing::neuron
           : banks == "layer" ? Sharing::layer
                              : Sharing::engine;
}

class Study {
  public:
    Study(const StudySpec& study, const StudyRun& run, ThreadPool& pool)
        : study_(study), run_(run), pool_(pool) {}

    StudyControls measure();

  private:
    NetworkSpec network() const { return load_network(study_.network, study_.settings); }
    void prepare();
    DeviceModel model_at(const std::string& x) const;
    double accuracy_of(PhysicalNetwork network) const;
    double measure_one(const std::string& circuit, StudyCurve curve, const DeviceModel& model,
                       const DeviceInstance& copy, const FabricateOptions& how);
    Checkpoint tuned(const DeviceInstance& copy, int epochs) const;
    std::vector<LayerWiring> other_circuit(const std::string& name);
    bool known(const StudyResult& wanted) const;

    const StudySpec& study_;
    const StudyRun& run_;
    ThreadPool& pool_;
    Dataset data_;
    Checkpoint checkpoint_;
    CompileResult compiled_;
    std::vector<std::vector<uint16_t>> test_, profile_;
    std::vector<InputMoments> moments_;
    std::map<std::string, std::vector<LayerWiring>> wirings_;  ///< of other circuits
};

void Study::prepare() {
    const NetworkSpec spec = network();
    data_ = load_data(study_.data, {spec.input.size, spec.outputs(), spec.data, {}});
    const fs::path directory = run_.directory / "run", last = directory / "last.safetensors";
    if (fs::exists(last)) {
        checkpoint_ = load_checkpoint(last);
        if (fingerprint(checkpoint_.network) != fingerprint(spec) ||
            checkpoint_.seed != study_.seed || checkpoint_.test.protocol.empty())
            throw Error(directory.string(), "holds another network, or one that is not finished",
                        "remove it");
    } else {
        run_.on_note(fmt::format("training {} on {}", study_.network, data_.name));
        make_output_directory(directory, true);
        TrainOptions options;
        options.seed = study_.seed;
        options.run = directory;
        checkpoint_ = train(spec, data_, options, pool_);
    }
    compiled_ = compile(checkpoint_, {.target = load_target("generic"),
                                      .onto = {},
                                      .code = "auto",
                                      .name = study_.name,
                                      .choose_engines = {}});
    const InputSpec& input = compiled_.configuration.input;
    const int all = data_.test.count;
    test_ = codes_of(data_.test, study_.images > 0 ? std::min(study_.images, all) : all, input);
    profile_ = codes_of(data_.train, std::min(PROFILE_IMAGES, data_.train.count), input);
    if (std::ranges::any_of(study_.curves, [](StudyCurve curve) {
            return curve == StudyCurve::calibrated || curve == StudyCurve::refined;
        }))
        moments_ =
            input_moments(compiled_.chip, compiled_.configuration,
                          codes_of(data_.train, std::min(MOMENT_IMAGES, data_.train.count), input));
}

DeviceModel Study::model_at(const std::string& x) const {
    std::vector<Override> overrides = study_.device_settings;
    overrides.push_back({study_.x_key, x});
    return load_device_model(study_.device, overrides);
}

double Study::accuracy_of(PhysicalNetwork network) const {
    if (network.needs_calibration()) network.calibrate(profile_);
    return accuracy(network, {test_, data_.test.labels}, pool_);
}

/// The wiring of the compiled network in circuits that no chip has: routed here.
std::vector<LayerWiring> Study::other_circuit(const std::string& name) {
    const auto found = wirings_.find(name);
    if (found != wirings_.end()) return found->second;
    std::vector<LayerWiring> wiring;
    for (std::vector<Permutation>& sources :
         decode_sources(compiled_.chip, compiled_.configuration)) {
        LayerWiring layer{std::move(sources), {}, {}, name == "crossbar"};
        if (!layer.crossbar) {
            const Circuit& circuit = circuit_named(name);
            layer.network = circuit.topology(layer.sources.front().size());
            layer.bits = circuit.route_batch(layer.sources, pool_);
        }
        wiring.push_back(std::move(layer));
    }
    return wirings_[name] = wiring;
}

Checkpoint Study::tuned(const DeviceInstance& copy, int epochs) const {
    TrainOptions options;
    options.seed = study_.seed;
    options.run = run_.directory / "tuned";
    options.from = checkpoint_;
    options.measured = measured_layers(compiled_.chip, copy);
    make_output_directory(options.run, true);
    NetworkSpec spec = network();
    spec.training = measured_training(spec.training, epochs);
    Checkpoint result = train(spec, data_, options, pool_);
    fs::remove_all(options.run);
    return result;
}

double Study::measure_one(const std::string& circuit, StudyCurve curve, const DeviceModel& model,
                          const DeviceInstance& copy, const FabricateOptions& how) {
    const Chip& chip = compiled_.chip;
    if (curve == StudyCurve::as_built) {
        if (circuit == "as-waksman")
            return accuracy_of({chip, compiled_.configuration, copy, model, how});
        return accuracy_of(
            {chip, compiled_.configuration, copy, model, how, other_circuit(circuit)});
    }
    MeasuredOptions options;
    const bool inputs = curve == StudyCurve::calibrated || curve == StudyCurve::refined;
    options.refine = curve == StudyCurve::refined;
    options.calibration = inputs ? Calibration::inputs : Calibration::constants;
    if (inputs) options.moments = moments_;
    const bool trains = curve == StudyCurve::epochs_1 || curve == StudyCurve::epochs_3;
    const MeasuredResult result =
        compile_measured(trains ? tuned(copy, curve == StudyCurve::epochs_1 ? 1 : 3) : checkpoint_,
                         chip, copy, options, pool_);
    return accuracy_of({chip, result.configuration, copy, model, how});
}

bool Study::known(const StudyResult& wanted) const {
    return std::ranges::any_of(run_.known, [&](const StudyResult& one) {
        return one.banks == wanted.banks && one.circuit == wanted.circuit && one.x == wanted.x &&
               one.curve == wanted.curve && one.chip == wanted.chip;
    });
}

StudyControls Study::measure() {
    prepare();
    StudyControls controls;
    const DeviceModel ideal = ideal_model();
    const DeviceInstance nominal = nominal_instance(compiled_.chip, ideal);
    controls.integer = measure_one("as-waksman", StudyCurve::as_built, ideal, nominal, {});
    for (const StudyCurve curve : study_.curves) {
        if (curve == StudyCurve::epochs_1)
            controls.epochs_1 = measure_one("as-waksman", curve, ideal, nominal, {});
        if (curve == StudyCurve::epochs_3)
            controls.epochs_3 = measure_one("as-waksman", curve, ideal, nominal, {});
    }
    for (const std::string& banks : study_.banks)
        for (const std::string& circuit : study_.circuits)
            for (const std::string& x : study_.x) {
                const DeviceModel model = model_at(x);
                for (int chip = 0; chip < study_.chips; ++chip) {
                    FabricateOptions how{study_.seed, static_cast<uint32_t>(chip),
                                         sharing_of(banks)};
                    std::optional<DeviceInstance> copy;
                    for (const StudyCurve curve : study_.curves) {
                        if (run_.stopped()) return controls;
                        StudyResult result{banks, circuit, x, std::string(to_string(curve)),
                                           chip,  0.0};
                        if (known(result)) continue;
                        if (!copy) copy = fabricate(compiled_.chip, model, how);
                        result.accuracy = measure_one(circuit, curve, model, *copy, how);
                        run_.on_result(result);
                    }
                }
            }
    return controls;
}

}  // namespace

StudyControls run_study(const StudySpec& study, const StudyRun& run, ThreadPool& pool) {
    return Study(study, run, pool).measure();
}

}  // namespace permloom::cli
