#include "risk_names.h"

#include <tepal/base/text.h>

#include <algorithm>
#include <array>
#include <vector>

namespace tepal {
namespace {

// Common in German and English (and a few neighbours), without those that are more often places,
// months, months of brands or things: April, Austin, Florence, Jackson, Mercedes, Paris, Rose,
// Sydney, Victoria, Virginia. Sorted.
constexpr std::array kGiven = std::to_array<std::string_view>({
    "Aaron",      "Adam",        "Ahmed",    "Alan",       "Albert",    "Alexander", "Alexandra",
    "Alice",      "Ali",         "Amanda",   "Amelia",     "Amy",       "Andrea",    "Andreas",
    "Andrew",     "Angela",      "Anja",     "Anke",       "Ann",       "Anna",      "Anne",
    "Annette",    "Anthony",     "Antonio",  "Antje",      "Arthur",    "Ashley",    "Barbara",
    "Beate",      "Ben",         "Benjamin", "Bernd",      "Bernhard",  "Betty",     "Birgit",
    "Bob",        "Brandon",     "Brenda",   "Brian",      "Brigitte",  "Carlos",    "Carol",
    "Catherine",  "Charles",     "Chloe",    "Christa",    "Christian", "Christina", "Christine",
    "Christoph",  "Christopher", "Claudia",  "Cynthia",    "Dagmar",    "Daniel",    "Daniela",
    "David",      "Deborah",     "Dennis",   "Diana",      "Dieter",    "Dirk",      "Donald",
    "Donna",      "Doris",       "Dorothy",  "Edith",      "Edward",    "Elena",     "Elizabeth",
    "Elke",       "Ella",        "Emily",    "Emma",       "Eric",      "Erik",      "Erika",
    "Ethan",      "Eva",         "Fatima",   "Felix",      "Florian",   "Francesca", "Frank",
    "Franz",      "Friedrich",   "Gabriele", "Gary",       "George",    "Georg",     "Gerald",
    "Gerd",       "Gerhard",     "Gisela",   "Giulia",     "Günter",    "Günther",   "Hannah",
    "Hanna",      "Hans",        "Harald",   "Heather",    "Heike",     "Heinrich",  "Heinz",
    "Helen",      "Helga",       "Helmut",   "Henry",      "Herbert",   "Holger",    "Horst",
    "Ingrid",     "Isabella",    "Jacob",    "Jacqueline", "James",     "Jan",       "Jana",
    "Jane",       "Janet",       "Jason",    "Jean",       "Jeffrey",   "Jennifer",  "Jens",
    "Jeremy",     "Jerry",       "Jessica",  "Joachim",    "Joan",      "Johann",    "Johanna",
    "Johannes",   "John",        "Jonas",    "Jonathan",   "Jörg",      "Jose",      "Joseph",
    "Joshua",     "Joyce",       "José",     "Juan",       "Judith",    "Judy",      "Julia",
    "Julie",      "Jürgen",      "Justin",   "Karen",      "Karin",     "Karl",      "Katharina",
    "Katherine",  "Kathleen",    "Katja",    "Katrin",     "Keith",     "Kelly",     "Kenneth",
    "Kerstin",    "Kevin",       "Kimberly", "Klaus",      "Kurt",      "Larry",     "Laura",
    "Lea",        "Lena",        "Leon",     "Linda",      "Lisa",      "Louis",     "Luca",
    "Lukas",      "Manfred",     "Manuel",   "Manuela",    "Marcel",    "Marco",     "Margaret",
    "Maria",      "Marie",       "Mario",    "Marion",     "Mark",      "Markus",    "Martha",
    "Martin",     "Martina",     "Mary",     "Mathias",    "Matthew",   "Matthias",  "Max",
    "Maximilian", "Megan",       "Melanie",  "Melissa",    "Mia",       "Michael",   "Michaela",
    "Michelle",   "Miguel",      "Mohamed",  "Mohammed",   "Monika",    "Muhammad",  "Nancy",
    "Natalie",    "Nathan",      "Nicholas", "Nicole",     "Nina",      "Noah",      "Norbert",
    "Olga",       "Oliver",      "Olivia",   "Pamela",     "Patricia",  "Patrick",   "Paul",
    "Paula",      "Pedro",       "Peter",    "Petra",      "Philip",    "Philipp",   "Pierre",
    "Rachel",     "Rainer",      "Ralf",     "Ralph",      "Raymond",   "Rebecca",   "Regina",
    "Reinhard",   "Renate",      "Richard",  "Robert",     "Roger",     "Roland",    "Rolf",
    "Ronald",     "Rudolf",      "Ruth",     "Ryan",       "Sabine",    "Samantha",  "Samuel",
    "Sandra",     "Sara",        "Sarah",    "Scott",      "Sebastian", "Sharon",    "Shirley",
    "Silke",      "Simon",       "Sofia",    "Sophia",     "Sophie",    "Stefan",    "Stefanie",
    "Stephanie",  "Stephen",     "Steven",   "Susan",      "Susanne",   "Svenja",    "Sven",
    "Tanja",      "Teresa",      "Theresa",  "Thomas",     "Thorsten",  "Tim",       "Timothy",
    "Tobias",     "Tom",         "Torsten",  "Tyler",      "Ulrich",    "Ulrike",    "Ursula",
    "Ute",        "Uwe",         "Volker",   "Walter",     "Werner",    "Wilhelm",   "William",
    "Willi",      "Wolfgang",    "Yusuf",    "Yvonne",     "Zachary",
});

// What is named after people, and is none.
constexpr std::array kThings = std::to_array<std::string_view>({
    "Street",   "Road",  "Avenue",  "Lane",       "Square", "University", "School", "College",
    "Hospital", "Park",  "Airport", "Station",    "Inc",    "Inc.",       "Ltd",    "Ltd.",
    "GmbH",     "AG",    "Beach",   "City",       "County", "Bridge",     "Award",  "Island",
    "Lake",     "River", "Valley",  "Straße",     "Platz",  "Allee",      "Shop",   "Store",
    "Hotel",    "Bank",  "Church",  "Foundation", "Group",  "Edition",    "Series", "Chair",
    "Lamp",     "Sofa",  "Pro",     "Plus",
});

// Words between a given name and a surname, which may be small.
constexpr std::array kParticles = std::to_array<std::string_view>(
    {"von", "van", "de", "der", "den", "zu", "da", "di", "del", "la", "le", "bin", "al", "dos"});

constexpr std::array kTitles =
    std::to_array<std::string_view>({"Dr.", "Dr", "Prof.", "Prof", "Mr", "Mr.", "Mrs", "Mrs.", "Ms",
                                     "Ms.", "Miss", "Herr", "Frau", "Hr.", "Fr.", "Dipl.-Ing."});

template <std::size_t N>
bool among(std::string_view word, const std::array<std::string_view, N> &list)
{
    return std::find(list.begin(), list.end(), word) != list.end();
}

std::vector<std::string_view> split(std::string_view text)
{
    std::vector<std::string_view> words;
    std::size_t begin = 0;
    while (begin < text.size() && words.size() < 8) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        if (end > begin)
            words.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return words;
}

/// The length of a capital at the beginning; Latin letters with accents are two bytes.
std::size_t capitalAt(std::string_view word)
{
    if (word.empty())
        return 0;
    if (word[0] >= 'A' && word[0] <= 'Z')
        return 1;
    const auto c = static_cast<unsigned char>(word[0]);
    if (c < 0xC3 || c > 0xC5 || utf8SequenceLength(word, 0) != 2)
        return 0;
    const auto second = static_cast<unsigned char>(word[1]);
    return c == 0xC3 ? (second <= 0x9E ? 2 : 0) : (second % 2 == 0 ? 2 : 0);
}

/// `Anna`, `O'Brien`, `McDonald`, `Müller-Lüdenscheidt`, `J.`
bool isNameWord(std::string_view word)
{
    const std::size_t capital = capitalAt(word);
    if (capital == 0)
        return false;
    if (word.size() == capital + 1 && word.back() == '.')
        return true;
    if (word.size() < capital + 1)
        return false;
    bool mayBeCapital = false;
    for (std::size_t i = capital; i < word.size(); ++i) {
        const char c = word[i];
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && !mayBeCapital)
            return false;
        const bool joint = c == '\'' || c == '-';
        if (!upper && !joint && !(c >= 'a' && c <= 'z') && static_cast<signed char>(c) >= 0)
            return false;
        mayBeCapital = joint || word.substr(0, i + 1) == "Mc" || word.substr(0, i + 1) == "Mac";
    }
    return word.back() != '-' && word.back() != '\'';
}

bool isGiven(std::string_view word)
{
    return among(word.substr(0, word.find('-')), kGiven);
}

} // namespace

NameForm nameForm(std::string_view text)
{
    if (text.size() > 80)
        return NameForm::None;
    std::vector<std::string_view> words = split(text);
    bool titled = false;
    while (!words.empty() && among(words.front(), kTitles)) {
        titled = true;
        words.erase(words.begin());
    }
    // "Mustermann, Max"
    const bool surnameFirst = words.size() >= 2 && words[0].ends_with(',');
    if (surnameFirst)
        words[0].remove_suffix(1);
    std::erase_if(words, [&](std::string_view word) {
        return word != words.front() && among(word, kParticles);
    });
    if (words.size() > 3 || words.size() < (titled ? 1u : 2u))
        return NameForm::None;
    if (!std::all_of(words.begin(), words.end(), isNameWord) || among(words.back(), kThings))
        return NameForm::None;
    if (titled)
        return NameForm::Titled;
    return isGiven(surnameFirst ? words[1] : words[0]) ? NameForm::Given : NameForm::Capitals;
}

} // namespace tepal
