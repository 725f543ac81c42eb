#include "compiler/train/schedule.h"

#include <catch2/catch.hpp>

namespace permloom {

TEST_CASE("schedule -- constant") {
    const Schedule schedule{ScheduleKind::constant, 0.5, 0.1, 0.0, 1};
    CHECK(value_at(schedule, 0.0, 10) == 0.5);
    CHECK(value_at(schedule, 9.9, 10) == 0.5);
}

TEST_CASE("schedule -- exponential changes once an epoch") {
    const Schedule schedule{ScheduleKind::exponential, 2.0, 0.5, 0.0, 1};
    CHECK(value_at(schedule, 0.99, 10) == 2.0);
    CHECK(value_at(schedule, 1.0, 10) == 1.0);
    CHECK(value_at(schedule, 3.5, 10) == 0.25);
}

TEST_CASE("schedule -- cosine falls from its start to its floor") {
    const Schedule schedule{ScheduleKind::cosine, 1.0, 1.0, 0.125, 1};
    CHECK(value_at(schedule, 0.0, 4) == Approx(1.125));
    CHECK(value_at(schedule, 2.0, 4) == Approx(0.625));
    CHECK(value_at(schedule, 4.0, 4) == Approx(0.125));
    for (double e = 0.0; e < 4.0; e += 0.25)
        CHECK(value_at(schedule, e, 4) > value_at(schedule, e + 0.25, 4));
}

TEST_CASE("schedule -- step changes every few epochs") {
    const Schedule schedule{ScheduleKind::step, 1.0, 0.1, 0.0, 3};
    CHECK(value_at(schedule, 2.9, 10) == 1.0);
    CHECK(value_at(schedule, 3.0, 10) == Approx(0.1));
    CHECK(value_at(schedule, 8.0, 10) == Approx(0.01));
}

TEST_CASE("schedule -- a sync period is a whole number of steps, at least one") {
    const auto period = [](const Schedule& schedule, double e) {
        TrainingSpec training;
        training.epochs = 5;
        training.learning_rate = {ScheduleKind::exponential, 0.1, 0.25, 0.0, 1};
        training.sync_every = schedule;
        return period_at(training, e);
    };
    CHECK(period({ScheduleKind::constant, 0.0, 1.0, 0.0, 1}, 0.0) == 1);
    CHECK(period({ScheduleKind::constant, 2.6, 1.0, 0.0, 1}, 0.0) == 3);
    CHECK(period({ScheduleKind::exponential, 100.0, 0.5, 0.0, 1}, 2.0) == 25);

    Schedule tied{ScheduleKind::learning_rate, 50.0};
    tied.exponent = 0.5;
    CHECK(period(tied, 0.5) == 50);
    CHECK(period(tied, 1.0) == 100);
    CHECK(period(tied, 2.0) == 200);
}

TEST_CASE("schedule -- piecewise and linear") {
    Schedule pieces{ScheduleKind::piecewise, 1.0};
    pieces.at = {2.0, 3.5};
    pieces.values = {0.5, 0.125};
    CHECK(value_at(pieces, 1.99, 10) == 1.0);
    CHECK(value_at(pieces, 2.0, 10) == 0.5);
    CHECK(value_at(pieces, 3.4, 10) == 0.5);
    CHECK(value_at(pieces, 9.0, 10) == 0.125);
    Schedule line{ScheduleKind::linear, 1.0};
    line.last = 0.5;
    CHECK(value_at(line, 0.0, 4) == 1.0);
    CHECK(value_at(line, 2.0, 4) == 0.75);
    CHECK(value_at(line, 4.0, 4) == 0.5);
}

}  // namespace permloom
