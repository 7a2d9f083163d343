#ifndef TAPPS_PROJECT_TEXT_H_
#define TAPPS_PROJECT_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

namespace tapps {

// ASCII only, whatever the locale.
bool IsDigit(char c);
bool IsAlnum(char c);
bool IsBlank(char c);  // space or tab
std::string Lower(std::string_view text);
// Without white space at both ends.
std::string_view Trim(std::string_view text);

// Takes the first line off *rest, which must not be empty. Lines end with LF, CRLF or CR; the end
// is not part of what is returned.
std::string_view NextLine(std::string_view* rest);
// All lines of text.
std::vector<std::string_view> Lines(std::string_view text);

// A piece of a manifest for a message: in single quotes, at most 60 bytes, ASCII, no user info or
// query of URLs.
std::string Excerpt(std::string_view text);

// URLs and specs without what may be a secret: user info and query are removed.
std::string WithoutSecrets(std::string_view url);

// "scheme:" at the start, as in URLs and in specs like "npm:"; a drive letter is none.
// Returns the scheme in lower case, empty if there is none.
std::string Scheme(std::string_view text);

// directory/relative without "." and ".."; empty if that is above the root, absolute or the root
// itself. An empty directory is the root.
std::string JoinInsideRoot(std::string_view directory, std::string_view relative);
// The folder of a relative path; empty for the root.
std::string DirectoryOf(std::string_view path);
std::string FileNameOf(std::string_view path);

}  // namespace tapps

#endif  // TAPPS_PROJECT_TEXT_H_
