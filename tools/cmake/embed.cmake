# Script behind permloom_embed(): writes OUTPUT, a C++ file holding the bytes of FILES (a |-list
# relative to ROOT). Bytes are written as a number list: no limit on string length, no escapes.
string(REPLACE "|" ";" files "${FILES}")
set(text "#include \"compiler/base/embedded_file.h\"\n\nnamespace permloom {\nnamespace {\n")
set(table "")
set(index 0)
foreach(file IN LISTS files)
    file(READ "${ROOT}/${file}" bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND text "const unsigned char FILE_${index}[] = {${bytes}0};\n")
    string(APPEND table "        {\"${file}\", {reinterpret_cast<const char*>(FILE_${index}), sizeof(FILE_${index}) - 1}},\n")
    math(EXPR index "${index} + 1")
endforeach()
string(APPEND text "}  // namespace\n\nconst std::vector<EmbeddedFile>& ${FUNCTION}() {\n"
       "    static const std::vector<EmbeddedFile> files = {\n${table}    };\n    return files;\n}\n}  // namespace permloom\n")
file(WRITE "${OUTPUT}" "${text}")
