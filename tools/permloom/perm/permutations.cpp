#include "tools/permloom/perm/permutations.h"

#include <fmt/format.h>

#include "compiler/perm/permutation_text.h"

namespace permloom::cli {

void add_permutations_option(Options& options) {
    options.value("permutations", "FORM",
                  "text (a line each) or binary (n little-endian 32-bit entries each)", "text");
}

void add_permutation_input(Options& options) {
    options.optional_argument("IN", "permutations; standard input where left out or -");
}

void add_permutation_output(Options& options) {
    options.value("out", "FILE", "where the permutations go; - is standard output", "-");
}

std::string input_path(const Values& values) {
    const std::vector<std::string> words = values.list("IN");
    return words.empty() ? "-" : words.front();
}

bool binary_permutations(const Values& values) {
    return values.choice("permutations", {"text", "binary"}) == "binary";
}

PermutationReader::PermutationReader(Input& input, bool binary, int n)
    : input_(input), binary_(binary), n_(n), size_given_(n != 0) {
    if (binary && n == 0)
        throw Error("--n", "missing: binary permutations do not say their size",
                    "for example --n 784", ErrorKind::usage);
}

bool PermutationReader::next_entries(std::vector<int32_t>& entries) {
    if (!binary_) {
        const auto line = input_.next_line();
        if (!line) return false;
        try {
            entries = parse_entries(*line);
        } catch (const Error& error) {
            throw Error(place(), error.problem(), error.hint());
        }
        return true;
    }
    const size_t size = 4 * static_cast<size_t>(n_);
    const auto bytes = input_.next_bytes(size);
    if (bytes.empty()) return false;
    if (bytes.size() < size)
        throw Error(fmt::format("{}, byte {}", input_.name(), input_.position() - bytes.size()),
                    fmt::format("a permutation of {} takes {} bytes, and only {} are left", n_,
                                size, bytes.size()),
                    "cut off, or made for another --n?");
    try {
        entries = entries_from_bytes(bytes);
    } catch (const Error& error) {
        throw Error(place(), error.problem(), error.hint());
    }
    return true;
}

std::string PermutationReader::place() const {
    if (!binary_) return input_.line_name();
    return fmt::format("{}, byte {}", input_.name(),
                       input_.position() - 4 * static_cast<uint64_t>(n_));
}

template <class T>
std::optional<T> PermutationReader::next_as(T (*make)(std::vector<int32_t>)) {
    std::vector<int32_t> entries;
    if (!next_entries(entries)) return std::nullopt;
    const int size = static_cast<int>(entries.size());
    if (n_ == 0) n_ = size;
    if (size != n_)
        throw Error(place(), fmt::format("{} entries, and {} {}", size,
                                         size_given_ ? "n is" : "the first permutation has", n_));
    try {
        return make(std::move(entries));
    } catch (const Error& error) {
        throw Error(place(), error.problem(), error.hint());
    }
}

std::optional<Permutation> PermutationReader::next() {
    return next_as(permutation_of);
}

std::optional<PartialPermutation> PermutationReader::next_partial() {
    return next_as(partial_permutation_of);
}

template <class T>
std::vector<T> PermutationReader::batch_of(std::optional<T> (PermutationReader::*read)()) {
    if (pending_) std::rethrow_exception(pending_);
    std::vector<T> batch;
    const auto at_hand = [&] {
        return binary_ ? input_.bytes_at_hand(4 * static_cast<size_t>(n_)) : input_.line_at_hand();
    };
    try {
        do {
            std::optional<T> permutation = (this->*read)();
            if (!permutation) break;
            batch.push_back(std::move(*permutation));
        } while (batch.size() < BATCH_SIZE && at_hand());
    } catch (const Error&) {
        if (batch.empty()) throw;
        pending_ = std::current_exception();
    }
    return batch;
}

std::vector<Permutation> PermutationReader::next_batch() {
    return batch_of(&PermutationReader::next);
}

std::vector<PartialPermutation> PermutationReader::next_partial_batch() {
    return batch_of(&PermutationReader::next_partial);
}

PermutationWriter::PermutationWriter(const Values& values)
    : binary_(binary_permutations(values)),
      output_(values.text("out"), binary_ ? Output::Kind::binary : Output::Kind::text) {}

void PermutationWriter::write(std::span<const int32_t> entries) {
    text_.clear();
    if (binary_)
        append_bytes(entries, text_);
    else
        append_text(entries, text_);
    output_.append(text_);
}

}  // namespace permloom::cli
