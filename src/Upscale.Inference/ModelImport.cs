namespace Upscale.Inference;

/// <summary>A network that is to become one of the user's own, looked at and not yet copied.</summary>
public sealed record ModelImport
{
    /// <summary>Its id from then on.</summary>
    public required string Id { get; init; }

    /// <summary>What was found out about it.</summary>
    public required ModelCard Card { get; init; }

    /// <summary>Full path of the folder that is made.</summary>
    public required string Target { get; init; }

    /// <summary>True when a network of that name is replaced.</summary>
    public required bool Replaces { get; init; }

    /// <summary>Full path of each file that is copied, and its path in the folder.</summary>
    internal IReadOnlyList<(string From, string To)> Files { get; init; } = [];

    /// <summary>The card that is written.</summary>
    internal string CardText { get; init; } = "";
}
