using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class PackageTests(PackageTests.Package package) : IClassFixture<PackageTests.Package>
{
    [Fact]
    public void The_package_holds_what_users_need_and_nothing_else()
    {
        Assert.Equal(["LICENSE", "Upscale.psd1", "en-US", "models", "module"], Names(""));
        Assert.Equal(["THIRD-PARTY-NOTICES.md", "Upscale.Format.ps1xml", "Upscale.Guard.psm1", "bin", "recipe.schema.json", "recipes", "samples"], Names("module"));
        Assert.Equal(Files(Path.Combine(TestData.Root, "models")), Files(Path.Combine(package.Path, "models")));

        string[] files = [.. Files(Path.Combine(package.Path, "module", "bin"))];
        Assert.DoesNotContain(files, f => Path.GetExtension(f) is ".pdb" or ".lib" or ".cs");
        Assert.Equal(["Upscale.Abstractions.xml"], files.Where(f => f.EndsWith(".xml", StringComparison.Ordinal)));
        Assert.Single(files.Where(f => f.StartsWith("engine/runtimes/", StringComparison.Ordinal)).Select(f => f.Split('/')[2]).Distinct());
        Assert.Equal(2, files.Count(f => f.EndsWith("Notices.txt", StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public void The_package_works_where_it_is_copied_to()
    {
        using var folder = new PictureFolder();
        folder.AddPhotograph("photo.png");
        string program = typeof(PackageTests).Assembly.Location;
        string[] output = PublishedPlugins.Dotnet(
            folder.Path,
            new Dictionary<string, string> { ["UPSCALE_HOME"] = folder["home"] },
            program,
            $$"""
            Import-Module '{{package.Path}}/Upscale.psd1'
            (Get-Module Upscale).ModuleBase
            (Invoke-Upscale photo.png -Stage gan, refine -Scale 2).Path
            (Invoke-Upscale photo.png -Pipeline Fast -Force).Model
            (Get-Help Invoke-Upscale).Synopsis
            (Get-Help about_Upscale*).Count
            @(Get-UpscaleModel | Where-Object Path -like '{{package.Path}}*').Count
            (Get-UpscalePlugin).Error
            """).ReplaceLineEndings("\n").Trim().Split('\n');

        Assert.Equal([package.Path, folder["photo_2x.png"], "anime4k-cnn-2x-l-an", "Enlarges pictures, with a network, a classical filter, or a chain of stages.", "5", "15"], output);
        Assert.Equal((212, 148), PictureFolder.SizeOfPng(folder["photo_2x.png"]));
    }

    [Fact]
    public void A_folder_with_something_else_in_it_is_not_replaced()
    {
        using var folder = new PictureFolder();
        folder.AddPhotograph("photo.png");
        Exception error = Assert.Throws<InvalidOperationException>(() => Package.Write(folder.Path));
        Assert.Contains("is there and is not an earlier package", error.Message, StringComparison.Ordinal);
        Assert.Equal(["photo.png"], folder.Names);
    }

    private IEnumerable<string> Names(string folder) => Directory.EnumerateFileSystemEntries(Path.Combine(package.Path, folder)).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Files(string folder)
        => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).Order(StringComparer.Ordinal);

    /// <summary>The package, written and then moved elsewhere.</summary>
    public sealed class Package : IDisposable
    {
        private readonly PictureFolder _folder = new();

        public Package()
        {
            Write(_folder["written/Upscale"]);
            Directory.Move(_folder["written"], _folder["moved"]);
        }

        public string Path => _folder["moved/Upscale"];

        /// <summary>What was built goes into the package: another build beside that of the other tests would be in its way.</summary>
        public static void Write(string path)
        {
            string configuration = AppContext.BaseDirectory.Contains($"{System.IO.Path.DirectorySeparatorChar}Release{System.IO.Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
            PublishedPlugins.Dotnet(TestData.Root, new Dictionary<string, string>(), "msbuild", "src/Upscale.Packaging", "-t:Package", "-p:NoBuild=true", $"-p:Configuration={configuration}", $"-p:PackageFolder={path}");
        }

        public void Dispose() => _folder.Dispose();
    }
}
