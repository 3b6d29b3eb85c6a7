namespace Upscale.Pipelines.Plugins;

/// <summary>Finds the name that was probably meant.</summary>
internal static class NearestName
{
    /// <summary>A sentence with a space before it, or nothing when no known name is close.</summary>
    public static string Suggest(string given, IEnumerable<string> known)
    {
        (string? name, int distance) = known.Select(k => (Name: (string?)k, Distance: Distance(given.ToUpperInvariant(), k.ToUpperInvariant())))
            .OrderBy(k => k.Distance).FirstOrDefault((null, int.MaxValue));
        return name is not null && distance <= Math.Max(2, given.Length / 3) ? $" Did you mean '{name}'?" : "";
    }

    /// <summary>Levenshtein distance.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
