using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Upscale.Packaging;

/// <summary>The summaries of documentation comments, as plain text.</summary>
internal sealed partial class Comments
{
    private readonly Dictionary<string, XElement> _summaries = new(StringComparer.Ordinal);

    /// <summary>Reads the files that the compiler wrote.</summary>
    public Comments(IEnumerable<string> files)
    {
        foreach (XElement member in files.SelectMany(f => XDocument.Load(f).Descendants("member")))
        {
            if (member.Element("summary") is { } summary)
                _summaries[member.Attribute("name")!.Value] = summary;
        }
    }

    /// <summary>The summary of a type; null for none.</summary>
    /// <param name="type">The type.</param>
    public string? Of(Type type) => Find($"T:{type.FullName}", _ => null);

    /// <summary>The summary of a property or field; null for none.</summary>
    /// <param name="type">The type that declares it.</param>
    /// <param name="member">Its name.</param>
    /// <param name="reference">Text of a reference to another member of the type, by its name; null for the name itself.</param>
    public string? Of(Type type, string member, Func<string, string?> reference)
        => Find($"P:{type.FullName}.{member}", reference) ?? Find($"F:{type.FullName}.{member}", reference);

    private string? Find(string name, Func<string, string?> reference)
        => _summaries.TryGetValue(name, out XElement? summary) ? Space().Replace(string.Concat(summary.Nodes().Select(n => Text(n, reference))), " ").Trim() : null;

    private static string Text(XNode node, Func<string, string?> reference) => node switch
    {
        XText text => text.Value,
        XElement element when element.Attribute("cref")?.Value is { } target => reference(target.Split('.')[^1]) ?? target.Split('.')[^1],
        XElement element when element.Attribute("langword")?.Value is { } word => word,
        XElement element when element.Attribute("name")?.Value is { } parameter => parameter,
        XElement element => string.Concat(element.Nodes().Select(n => Text(n, reference))),
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
