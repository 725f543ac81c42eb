#include <fmt/format.h>

#include <algorithm>

#include "compiler/spec/network_readers.h"

namespace permloom {
namespace {

std::vector<double> read_reals(const MapReader& map, const std::string& key,
                               const RealRange& range) {
    const YAML::Node list = map.at(key);
    if (!list.IsSequence()) throw Error(map.where(key), "must be a list of numbers");
    std::vector<double> values;
    for (const auto& entry : list)
        values.push_back(read_real(entry, map.where(key), range));
    return values;
}

/// A map, or one number: the constant schedule. `initial` bounds the value at the start.
Schedule read_schedule(const MapReader& parent, const std::string& key, const RealRange& initial) {
    Schedule schedule;
    const YAML::Node node = parent.at(key);
    if (!node.IsMap()) {
        schedule.initial = read_real(node, parent.where(key), initial);
        return schedule;
    }
    const MapReader map(
        parent.source(), node, parent.path(key),
        {"schedule", "initial", "decay", "floor", "every", "at", "values", "last", "exponent"});
    schedule.kind = read_choice(map, "schedule", SCHEDULE_NAMES);
    schedule.initial = map.real("initial", initial);
    const auto applies = [&](const char* other, bool used) {
        if (!used && map.has(other))
            throw Error(map.where(other),
                        fmt::format("schedule: {} has no '{}'", to_string(schedule.kind), other));
        return used;
    };
    const bool steps = schedule.kind == ScheduleKind::step;
    if (applies("decay", steps || schedule.kind == ScheduleKind::exponential))
        schedule.decay = map.real("decay", POSITIVE);
    if (applies("floor", schedule.kind == ScheduleKind::cosine))
        schedule.floor = map.real("floor", NOT_NEGATIVE, 0.0);
    if (applies("every", steps)) schedule.every = map.integer("every", 1, COUNT_LIMIT);
    const bool pieces = schedule.kind == ScheduleKind::piecewise;
    if (applies("at", pieces)) schedule.at = read_reals(map, "at", NOT_NEGATIVE);
    if (applies("values", pieces)) schedule.values = read_reals(map, "values", initial);
    if (schedule.at.size() != schedule.values.size() ||
        !std::is_sorted(schedule.at.begin(), schedule.at.end()))
        throw Error(map.where("at"), "must be ascending epochs, one for each of 'values'");
    if (applies("last", schedule.kind == ScheduleKind::linear))
        schedule.last = map.real("last", initial);
    if (applies("exponent", schedule.kind == ScheduleKind::learning_rate))
        schedule.exponent = map.real("exponent", ANY_REAL, 1.0);
    return schedule;
}

LookaheadSpec read_lookahead(const MapReader& parent) {
    const MapReader map(parent.source(), parent.at("lookahead"), parent.path("lookahead"),
                        {"every", "rate"});
    return {map.integer("every", 1, COUNT_LIMIT), map.real("rate", FRACTION)};
}

AugmentSpec read_augment(const MapReader& parent) {
    const MapReader map(parent.source(), parent.at("augment"), parent.path("augment"),
                        {"rotation", "zoom", "shift", "flip"});
    AugmentSpec augment;
    augment.rotation = map.real("rotation", {.low = 0.0, .high = 180.0}, 0.0);
    augment.zoom = map.real("zoom", BELOW_ONE, 0.0);
    augment.shift = map.real("shift", BELOW_ONE, 0.0);
    augment.flip = map.flag("flip", false);
    return augment;
}

}  // namespace

TrainingSpec read_training(const MapReader& network, int input_size) {
    const MapReader map(
        network.source(), network.at("training"), "training",
        {"algorithm",  "estimator",     "epochs",     "batch",         "learning_rate",
         "sync_every", "refresh_every", "beta1",      "beta2",         "epsilon",
         "gain",       "beta",          "l2",         "shift_pixels",  "optimizer",
         "momentum",   "weight_decay",  "lookahead",  "frozen_zeros",  "keep",
         "augment",    "mask_keep",     "swap_share", "bn_recalibrate"});
    TrainingSpec training;
    training.algorithm = read_choice(map, "algorithm", ALGORITHM_NAMES);
    if (map.has("estimator")) training.estimator = read_choice(map, "estimator", ESTIMATOR_NAMES);
    training.epochs = map.integer("epochs", 1, COUNT_LIMIT);
    training.batch = map.integer("batch", 1, COUNT_LIMIT);
    training.learning_rate = read_schedule(map, "learning_rate", POSITIVE);
    if (map.has("sync_every")) training.sync_every = read_schedule(map, "sync_every", {.low = 1.0});
    training.refresh_every = map.integer("refresh_every", 1, COUNT_LIMIT, training.refresh_every);
    training.beta1 = map.real("beta1", BELOW_ONE, training.beta1);
    training.beta2 = map.real("beta2", BELOW_ONE, training.beta2);
    training.epsilon = map.real("epsilon", POSITIVE, training.epsilon);
    training.gain = map.real("gain", POSITIVE, training.gain);
    training.beta = map.real("beta", POSITIVE, training.beta);
    training.l2 = map.real("l2", NOT_NEGATIVE, training.l2);
    training.shift_pixels = map.integer("shift_pixels", 0, input_size, training.shift_pixels);
    if (map.has("optimizer")) training.optimizer = read_choice(map, "optimizer", OPTIMIZER_NAMES);
    training.momentum = map.real("momentum", BELOW_ONE, training.momentum);
    training.weight_decay = map.real("weight_decay", NOT_NEGATIVE, training.weight_decay);
    training.frozen_zeros = map.flag("frozen_zeros", false);
    if (map.has("lookahead")) training.lookahead = read_lookahead(map);
    if (map.has("keep")) training.keep = read_schedule(map, "keep", FRACTION);
    if (map.has("augment")) training.augment = read_augment(map);
    training.mask_keep = map.real("mask_keep", FRACTION, training.mask_keep);
    training.swap_share = map.real("swap_share", FRACTION, training.swap_share);
    training.bn_recalibrate = map.integer("bn_recalibrate", 0, COUNT_LIMIT, 0);
    return training;
}

}  // namespace permloom
