namespace Upscale.Cli.Bench;

/// <summary>One measured number.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">Its unit; empty for a ratio.</param>
/// <param name="Note">How it was measured, or what it should be.</param>
internal sealed record Figure(string Name, double Value, string Unit, string Note);
