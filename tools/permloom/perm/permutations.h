/// Streams of permutations, as text or binary (compiler/perm/permutation_text.h).
#pragma once

#include <exception>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/perm/partial.h"
#include "compiler/perm/permutation.h"
#include "tools/permloom/options.h"
#include "tools/permloom/perm/streams.h"

namespace permloom::cli {

/// The argument IN, and --permutations.
void add_permutation_input(Options& options);
/// --out, and --permutations where `add_permutation_input` has not declared it.
void add_permutation_output(Options& options);
/// Declares --permutations for a verb that takes or gives permutations.
void add_permutations_option(Options& options);

/// The file of argument IN; standard input where there is none.
std::string input_path(const Values& values);

bool binary_permutations(const Values& values);

class PermutationReader {
  public:
    /// `n` = 0: the first permutation says it. Throws a usage Error for binary ones of unknown
    /// size.
    PermutationReader(Input& input, bool binary, int n);

    /// The next entries, which may be no permutation; false at the end. Throws Error naming the
    /// place for what is not entries at all.
    bool next_entries(std::vector<int32_t>& entries);
    /// Place of what was read last: "FILE, line 3" or "FILE, byte 24".
    std::string place() const;

    /// The next permutation, of the one size; nothing at the end.
    std::optional<Permutation> next();
    /// The same where outputs may be open.
    std::optional<PartialPermutation> next_partial();
    /// Permutations of one size, as many as are at hand without waiting, at least one; none at the
    /// end. What stands before a bad one is returned first.
    std::vector<Permutation> next_batch();
    std::vector<PartialPermutation> next_partial_batch();

  private:
    template <class T>
    std::optional<T> next_as(T (*make)(std::vector<int32_t>));
    template <class T>
    std::vector<T> batch_of(std::optional<T> (PermutationReader::*read)());

    Input& input_;
    bool binary_;
    int n_;
    bool size_given_;
    std::exception_ptr pending_;
};

class PermutationWriter {
  public:
    explicit PermutationWriter(const Values& values);

    void write(const Permutation& permutation) { write(permutation.values()); }
    void write(const PartialPermutation& permutation) { write(permutation.values()); }
    void flush() { output_.flush(); }
    void finish() { output_.finish(); }

  private:
    void write(std::span<const int32_t> entries);

    bool binary_;
    Output output_;
    std::string text_;
};

/// Most items that a verb works on at a time.
inline constexpr size_t BATCH_SIZE = 1024;

}  // namespace permloom::cli
