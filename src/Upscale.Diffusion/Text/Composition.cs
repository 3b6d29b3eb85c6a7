using System.Globalization;
using System.Text;

namespace Upscale.Diffusion;

/// <summary>
/// Unicode's normalization form C (Unicode Standard Annex 15). The runtime's own does nothing where globalization is invariant, and a
/// prompt must mean the same in every host.
/// </summary>
internal sealed class Composition
{
    private const int FirstHangul = 0xAC00;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Trails = 28;
    private const int FirstLead = 0x1100;
    private const int FirstVowel = 0x1161;
    private const int BeforeFirstTrail = 0x11A7;

    /// <summary>No character below needs a look.</summary>
    private const int FirstCombining = 0x300;

    private readonly Dictionary<int, int[]> _decompositions = [];
    private readonly Dictionary<(int, int), int> _compositions = [];
    private readonly Dictionary<int, int> _classes = [];

    private Composition()
    {
        using Stream stream = typeof(Composition).Assembly.GetManifestResourceStream("composition.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line[0] == '#')
                continue;
            string[] parts = line.Split('=', '>', ':');
            if (line.Contains(':'))
            {
                int[] range = Array.ConvertAll(parts[0].Split('-'), Hex);
                for (int c = range[0]; c <= range[1]; c++)
                    _classes[c] = int.Parse(parts[1], CultureInfo.InvariantCulture);
                continue;
            }

            int whole = Hex(parts[0]);
            int[] pieces = Array.ConvertAll(parts[1].Split(' '), Hex);
            _decompositions[whole] = pieces;
            if (line.Contains('='))
                _compositions[(pieces[0], pieces[1])] = whole;
        }
    }

    /// <summary>The composed text.</summary>
    public static string Compose(string text)
    {
        foreach (char c in text)
        {
            if (c >= FirstCombining)
                return new Composition().Normalize(text);
        }

        return text;
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private string Normalize(string text)
    {
        var points = new List<int>();
        foreach (Rune rune in text.EnumerateRunes())
            Decompose(rune.Value, points);
        Order(points);

        var result = new List<int>();
        int starter = -1;
        int lastClass = 0;
        foreach (int point in points)
        {
            int thisClass = ClassOf(point);
            bool reaches = starter >= 0 && (starter == result.Count - 1 || lastClass < thisClass);
            if (reaches && Pair(result[starter], point) is { } whole)
            {
                result[starter] = whole;
                continue;
            }

            if (thisClass == 0)
                starter = result.Count;
            lastClass = thisClass;
            result.Add(point);
        }

        var composed = new StringBuilder(text.Length);
        foreach (int point in result)
            composed.Append(new Rune(point).ToString());
        return composed.ToString();
    }

    private void Decompose(int point, List<int> into)
    {
        int hangul = point - FirstHangul;
        if (hangul is >= 0 and < Leads * Vowels * Trails)
        {
            into.Add(FirstLead + (hangul / (Vowels * Trails)));
            into.Add(FirstVowel + (hangul / Trails % Vowels));
            if (hangul % Trails > 0)
                into.Add(BeforeFirstTrail + (hangul % Trails));
        }
        else if (_decompositions.TryGetValue(point, out int[]? pieces))
        {
            foreach (int piece in pieces)
                Decompose(piece, into);
        }
        else
        {
            into.Add(point);
        }
    }

    /// <summary>Sorts each run of combining characters by class, stably.</summary>
    private void Order(List<int> points)
    {
        for (int i = 1; i < points.Count; i++)
        {
            int thisClass = ClassOf(points[i]);
            for (int k = i; thisClass > 0 && k > 0 && ClassOf(points[k - 1]) > thisClass; k--)
                (points[k - 1], points[k]) = (points[k], points[k - 1]);
        }
    }

    private int? Pair(int first, int second)
    {
        int lead = first - FirstLead;
        int vowel = second - FirstVowel;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels)
            return FirstHangul + (((lead * Vowels) + vowel) * Trails);
        int hangul = first - FirstHangul;
        int trail = second - BeforeFirstTrail;
        if (hangul is >= 0 and < Leads * Vowels * Trails && hangul % Trails == 0 && trail is > 0 and < Trails)
            return first + trail;
        return _compositions.TryGetValue((first, second), out int whole) ? whole : null;
    }

    private int ClassOf(int point) => _classes.GetValueOrDefault(point);
}
