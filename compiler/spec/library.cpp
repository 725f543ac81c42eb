#include "compiler/spec/library.h"

#include <algorithm>

#include "compiler/base/embedded_file.h"
#include "compiler/base/error.h"
#include "compiler/base/file.h"

namespace permloom {

/// The files of models/ with their paths there, compiled in by models/CMakeLists.txt.
const std::vector<EmbeddedFile>& model_files();

namespace {

constexpr std::string_view SUFFIX = ".yaml";

/// Names of the embedded files in `folder` ("networks/").
std::vector<std::string> names_in(std::string_view folder) {
    std::vector<std::string> names;
    for (const EmbeddedFile& file : model_files())
        if (file.path.starts_with(folder))
            names.emplace_back(
                file.path.substr(folder.size(), file.path.size() - folder.size() - SUFFIX.size()));
    std::sort(names.begin(), names.end());
    return names;
}

bool is_path(const std::string& text) {
    return text.ends_with(SUFFIX) || text.ends_with(".yml") || text.find('/') != std::string::npos;
}

struct Document {
    std::string text, origin;
};

Document find_document(std::string_view folder, const std::string& what,
                       const std::string& name_or_path) {
    if (is_path(name_or_path)) return {read_text(name_or_path), name_or_path};
    for (const EmbeddedFile& file : model_files()) {
        const std::string path = std::string(folder) + name_or_path + std::string(SUFFIX);
        if (file.path == path) return {std::string(file.text), "models/" + path};
    }
    const std::vector<std::string> names = names_in(folder);
    std::string list;
    for (const std::string& name : names)
        list += (list.empty() ? "" : ", ") + name;
    throw Error(name_or_path, "no " + what + " of this name" + did_you_mean(name_or_path, names),
                "known are " + list + "; or give the path of a .yaml file");
}

}  // namespace

std::vector<std::string> network_names() {
    return names_in("networks/");
}
std::vector<std::string> target_names() {
    return names_in("targets/");
}
std::vector<std::string> study_names() {
    return names_in("studies/");
}
std::vector<std::string> device_names() {
    return names_in("devices/");
}
std::vector<std::string> experiment_names() {
    return names_in("experiments/");
}

NetworkSpec load_network(const std::string& name_or_path, const std::vector<Override>& overrides) {
    const Document document = find_document("networks/", "network", name_or_path);
    return parse_network(document.text, document.origin, overrides);
}

StudySpec load_study(const std::string& name_or_path) {
    const Document document = find_document("studies/", "study", name_or_path);
    return parse_study(document.text, document.origin);
}
DeviceModel load_device_model(const std::string& name_or_path,
                              const std::vector<Override>& overrides) {
    const Document document = find_document("devices/", "device description", name_or_path);
    return parse_device_model(document.text, document.origin, overrides);
}
TargetSpec load_target(const std::string& name_or_path, const std::vector<Override>& overrides) {
    const Document document = find_document("targets/", "target", name_or_path);
    return parse_target(document.text, document.origin, overrides);
}

std::string experiment_text(const std::string& name_or_path) {
    return find_document("experiments/", "experiment", name_or_path).text;
}

ExperimentSpec load_experiment(const std::string& name_or_path) {
    const Document document = find_document("experiments/", "experiment", name_or_path);
    return parse_experiment(document.text, document.origin);
}

}  // namespace permloom
