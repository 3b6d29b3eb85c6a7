using System.Management.Automation;

namespace Upscale.Commands;

/// <summary>What the Get cmdlets do with names.</summary>
internal static class NameFilter
{
    /// <summary>Writes the items whose names match; a name without wildcards that matches none is an error.</summary>
    /// <param name="cmdlet">Where to write.</param>
    /// <param name="patterns">Names with wildcards; null for all.</param>
    /// <param name="items">What there is.</param>
    /// <param name="nameOf">The name of one.</param>
    /// <param name="errorId">Id of the error for a name that is not there.</param>
    public static void Write<T>(PSCmdlet cmdlet, string[]? patterns, IReadOnlyList<T> items, Func<T, string> nameOf, string errorId)
        where T : class
    {
        var written = new HashSet<T>(ReferenceEqualityComparer.Instance);
        foreach (string name in patterns ?? ["*"])
        {
            var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
            bool found = false;
            foreach (T item in items.Where(i => pattern.IsMatch(nameOf(i))))
            {
                found = true;
                if (written.Add(item))
                    cmdlet.WriteObject(item);
            }

            if (!found && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                var error = new UpscaleException(errorId, $"There is no '{name}'. There are: {string.Join(", ", items.Select(nameOf))}.");
                cmdlet.WriteError(Failures.Record(error, name));
            }
        }
    }
}
