namespace Upscale.Pipelines;

/// <summary>What to do where the target exists already.</summary>
public enum ExistingTarget
{
    /// <summary>The picture fails; the file stays.</summary>
    Error,

    /// <summary>The picture is left out; the file stays.</summary>
    Skip,

    /// <summary>The file is replaced when the new one is whole.</summary>
    Replace,

    /// <summary>The result gets a name with a number, such as <c>cat_2x-2.png</c>; also where another picture of the run has the same target.</summary>
    Rename,
}
