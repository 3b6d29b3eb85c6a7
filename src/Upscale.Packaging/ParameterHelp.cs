using System.Management.Automation;

namespace Upscale.Packaging;

/// <summary>A parameter and what is said of it.</summary>
/// <param name="Metadata">What it is.</param>
/// <param name="Sets">What it is in each set that has it, the default set first; none for one that comes with a stage.</param>
/// <param name="Description">Paragraphs.</param>
/// <param name="Default">The value when none is given; empty for none.</param>
internal sealed record ParameterHelp(ParameterMetadata Metadata, IReadOnlyList<CommandParameterInfo> Sets, IReadOnlyList<string> Description, string Default);
