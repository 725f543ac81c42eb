/// Errors a user can cause, and the checks that stay on in every build.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace permloom {

/// What kind of mistake an Error reports; the command line turns it into the exit status.
enum class ErrorKind {
    failure,  ///< the job could not be done: a bad file, a mismatch, a full disk (exit 1)
    usage,    ///< the request itself is wrong: an unknown option, a missing argument (exit 2)
};

/// Bad input. `where` names the file, key or argument, `problem` says what is wrong with it and
/// `hint` what to do. Thrown by the libraries, caught once in `tools/permloom`.
class Error : public std::runtime_error {
  public:
    Error(std::string where, std::string problem, std::string hint = {},
          ErrorKind kind = ErrorKind::failure);

    const std::string& where() const { return where_; }
    const std::string& problem() const { return problem_; }
    const std::string& hint() const { return hint_; }
    ErrorKind kind() const { return kind_; }

  private:
    std::string where_, problem_, hint_;
    ErrorKind kind_;
};

/// `", did you mean 'epochs'?"` for the candidate nearest to `word`, or "" where none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// A broken invariant of permloom itself; never the user's fault.
class InvariantError : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

namespace detail {
[[noreturn]] void invariant_failed(const char* expression, const char* file, int line);
}  // namespace detail

}  // namespace permloom

/// Stays on in Release: throws InvariantError with the expression and its place.
#define PERMLOOM_ASSERT(expression) \
    (static_cast<bool>(expression)  \
         ? static_cast<void>(0)     \
         : ::permloom::detail::invariant_failed(#expression, __FILE__, __LINE__))
