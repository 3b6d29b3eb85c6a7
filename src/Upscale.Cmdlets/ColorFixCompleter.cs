namespace Upscale.Commands;

/// <summary>Completes the ways to bring colours back.</summary>
internal sealed class ColorFixCompleter() : ChoiceCompleter("colorFix");
