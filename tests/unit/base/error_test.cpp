#include "compiler/base/error.h"

#include <catch2/catch.hpp>

using namespace permloom;
using Catch::Contains;

TEST_CASE("error -- says where, what and what to do") {
    const Error error("net.yaml", "is empty", "write something", ErrorKind::usage);
    CHECK(std::string(error.what()) == "net.yaml: is empty\n  hint: write something");
    CHECK(error.where() == "net.yaml");
    CHECK(error.problem() == "is empty");
    CHECK(error.hint() == "write something");
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(Error("", "bad").what()) == "bad");
    CHECK(Error("", "bad").kind() == ErrorKind::failure);
}

TEST_CASE("did_you_mean -- offers the nearest word within reach") {
    const std::vector<std::string> words = {"epochs", "batch", "learning_rate"};
    CHECK(did_you_mean("epoch", words) == ", did you mean 'epochs'?");
    CHECK(did_you_mean("epohcs", words) == ", did you mean 'epochs'?");
    CHECK(did_you_mean("bacth", words) == ", did you mean 'batch'?");
    CHECK(did_you_mean("learnign_rte", words) == ", did you mean 'learning_rate'?");
    CHECK(did_you_mean("epochs", words) == ", did you mean 'epochs'?");
}

TEST_CASE("did_you_mean -- stays silent where nothing is near") {
    CHECK(did_you_mean("colour", {"epochs", "batch"}).empty());
    CHECK(did_you_mean("epochs", {}).empty());
    CHECK(did_you_mean("", {"epochs"}).empty());
}

TEST_CASE("did_you_mean -- the nearer of two wins") {
    CHECK(did_you_mean("f1-notebok", {"f1-latent", "f1-notebook", "f1"}) ==
          ", did you mean 'f1-notebook'?");
}

TEST_CASE("assert -- throws with expression and place, in every build") {
    CHECK_NOTHROW([] { PERMLOOM_ASSERT(1 + 1 == 2); }());
    CHECK_THROWS_WITH([] { PERMLOOM_ASSERT(1 + 1 == 3); }(),
                      Contains("1 + 1 == 3") && Contains("error_test.cpp"));
}
